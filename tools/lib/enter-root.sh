#!/bin/sh
# enter-root.sh ROOT OWNER DIRECTORY COMMAND...
# Runs COMMAND inside the Debian system at ROOT as OWNER (user:group), with DIRECTORY, the host's
# /dev and /proc at their usual paths. To be called in a mount namespace of its own (unshare --mount):
# the kernel dissolves it with its last process, so nothing stays mounted however the command ends.
set -eu
root=$1 owner=$2 directory=$3
shift 3

mkdir -p "$root$directory"
mount --bind "$directory" "$root$directory"
mount --rbind /dev "$root/dev"
mount --rbind /proc "$root/proc"
exec chroot --userspec="$owner" "$root" /usr/bin/env -i -C "$directory" \
  PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LANG=C.UTF-8 \
  DEBIAN_FRONTEND=noninteractive EM_COMPILER_WRAPPER=/usr/bin/ccache CCACHE_BASEDIR="$directory" \
  CCACHE_SLOPPINESS=time_macros,include_file_mtime,include_file_ctime CCACHE_PCH_EXTSUM=1 \
  CMAKE_BUILD_PARALLEL_LEVEL="${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}" \
  "$@"

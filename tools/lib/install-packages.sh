#!/bin/sh
# install-packages.sh PACKAGE...
# Installs Debian packages where it runs, which is inside the Debian root.
set -eu

# Other checkouts share the root. apt's own locks make the second fail instead of wait.
exec 9>/run/lock/fovea-packages
flock 9

# An installation that was interrupted is finished first: apt refuses to go on without.
dpkg --configure -a
apt-get update
apt-get install --yes --no-install-recommends --fix-broken "$@"
apt-get clean

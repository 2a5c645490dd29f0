/** How long something still takes, as people say it. */
export function timeLeft(seconds: number): string {
  if (seconds < 1.5) return 'a moment left';
  if (seconds < 55) return `about ${roundTo(seconds, seconds < 10 ? 1 : 5)} seconds left`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `about ${counted(Math.max(minutes, 1), 'minute')} left`;
  return `about ${counted(Math.round(minutes / 60), 'hour')} left`;
}

/** How long something took. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.max(1, Math.round(milliseconds))} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

function roundTo(value: number, step: number): number {
  return step * Math.round(value / step);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

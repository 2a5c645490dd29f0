import './busy.css';
import { Progress, type Activity } from './Progress.js';

/** What is being done, at the foot of the window, wherever the page is scrolled to. */
export function Busy({
  activity,
  onCancel,
}: {
  activity: Activity | undefined;
  onCancel: () => void;
}) {
  return (
    <div class="busy">
      <p role="status">{activity && `${activity.label} …`}</p>
      {activity && <Progress {...activity} onCancel={onCancel} />}
    </div>
  );
}

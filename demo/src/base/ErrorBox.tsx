import './error-box.css';
import { describe } from './messages.js';

/** Tells of errors, in words; nothing where there are none. A page has one of these. */
export function ErrorBox({
  errors,
  onClose,
}: {
  errors: readonly unknown[];
  onClose?: () => void;
}) {
  return (
    <div role="alert" class="errors">
      {errors.length > 0 && (
        <div class="error-box">
          <div>
            {errors.map((error, index) => (
              <OneError key={index} error={error} />
            ))}
          </div>
          {onClose && (
            <button class="quiet" type="button" onClick={onClose}>
              Close
            </button>
          )}
        </div>
      )}
    </div>
  );
}

function OneError({ error }: { error: unknown }) {
  const { title, advice, details } = describe(error);
  return (
    <section>
      <strong>{title}</strong>
      <p>{advice}</p>
      {details && (
        <details>
          <summary>Details</summary>
          <p>{details}</p>
        </details>
      )}
    </section>
  );
}

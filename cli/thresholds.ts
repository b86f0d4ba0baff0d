import { UsageError } from './usage-error.js';

/** What `--threshold` says: `0.1`, or a number for each method, `js=0.1,psi=0.2`. @throws UsageError */
export function thresholds(text: string): number | Record<string, number> {
  if (!text.includes('=')) return finite(text, text);
  return Object.fromEntries(
    text.split(',').map((part) => {
      const [name = '', value = ''] = part.split('=');
      return [name, finite(value, text)];
    }),
  );
}

function finite(text: string, given: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new UsageError(`--threshold ${given}: a number is needed, or js=0.1,psi=0.2`);
}

/** Opens what is folded where a link leads into it, and on paper, where nobody can. */

/** A folded section that is the target of a link is opened, then shown. */
export function unfoldTargets(): void {
  const open = () => {
    const id = decodeURIComponent(location.hash.slice(1));
    const details =
      id === '' ? null : document.getElementById(id)?.querySelector<HTMLDetailsElement>(':scope > details');
    if (!details || details.open) return;
    details.open = true;
    details.scrollIntoView();
  };
  addEventListener('hashchange', open);
  open();
}

/** What a reader had closed is closed again afterwards. */
export function unfoldForPrint(): void {
  let closed: HTMLDetailsElement[] = [];
  addEventListener('beforeprint', () => {
    closed = [...document.querySelectorAll<HTMLDetailsElement>('main details:not([open], .points, #look *)')];
    for (const details of closed) details.open = true;
  });
  addEventListener('afterprint', () => {
    for (const details of closed) details.open = false;
    closed = [];
  });
}

/**
 * A chart that is drawn near the screen or when the browser is idle, and again when its width changes. Not for charts
 * that move. Plot's `<style>` elements, which the page's policy refuses, are removed; `charts.css` has the same rules.
 */
import { onThemeChange } from '../dom.js';

type Drawing = SVGSVGElement | HTMLElement;

/** Width on paper, where the frame is never measured. The style sheet scales the picture. */
const PAPER_WIDTH = 520;
/** How near it must come: half a screen or so. */
const NEAR = '500px';

/** Panels that are made for paper come too late to hear of it. */
let isPrinting = false;
addEventListener('beforeprint', () => {
  isPrinting = true;
});
addEventListener('afterprint', () => {
  isPrinting = false;
});

/** @param height in pixels, which is kept free until it is drawn @param draw draws for a width in pixels */
export function responsiveChart(frame: HTMLElement, height: number, draw: (width: number) => Drawing): void {
  let drawnWidth = 0;
  frame.style.minHeight = `${height}px`;
  const redraw = (width: number) => {
    drawnWidth = width;
    const drawing = draw(width);
    for (const style of drawing.querySelectorAll('style')) style.remove();
    drawing.removeAttribute('role');
    drawing.setAttribute('aria-hidden', 'true');
    frame.replaceChildren(drawing);
  };
  const sizes = new ResizeObserver(([entry]) => {
    const width = Math.floor(entry!.contentRect.width);
    if (width > 0 && width !== drawnWidth) redraw(width);
  });
  const start = () => {
    nearness.disconnect();
    sizes.observe(frame);
  };
  const nearness = new IntersectionObserver(
    (entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) start();
    },
    { rootMargin: NEAR },
  );
  nearness.observe(frame);
  // A picture of the whole page scrolls to nothing. Safari has no idle callbacks.
  (globalThis.requestIdleCallback ?? setTimeout)(start);
  if (isPrinting) redraw(PAPER_WIDTH);
  addEventListener('beforeprint', () => {
    if (drawnWidth === 0) redraw(PAPER_WIDTH);
  });
  onThemeChange(() => {
    if (drawnWidth > 0) redraw(drawnWidth);
  });
}

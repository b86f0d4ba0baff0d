/**
 * A chart that is redrawn when its width changes. Not for charts that move.
 *
 * Plot puts a `<style>` element into its pictures, which the page's policy refuses. It is removed before the picture
 * enters the page; `charts.css` has the same rules.
 */
import { onThemeChange } from '../theme.js';

type Drawing = SVGSVGElement | HTMLElement;

/** Width until the frame has been measured. On paper it is never measured, and the style sheet scales the picture. */
const FIRST_WIDTH = 520;

/** @param draw draws for a width in pixels */
export function responsiveChart(frame: HTMLElement, draw: (width: number) => Drawing): void {
  let drawnWidth = 0;
  const redraw = (width: number) => {
    drawnWidth = width;
    const drawing = draw(width);
    for (const style of drawing.querySelectorAll('style')) style.remove();
    drawing.removeAttribute('role');
    drawing.setAttribute('aria-hidden', 'true');
    frame.replaceChildren(drawing);
  };
  redraw(FIRST_WIDTH);
  new ResizeObserver(([entry]) => {
    const width = Math.floor(entry!.contentRect.width);
    if (width > 0 && width !== drawnWidth) redraw(width);
  }).observe(frame);
  onThemeChange(() => redraw(drawnWidth));
}

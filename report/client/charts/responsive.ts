/**
 * A chart that is drawn anew when its width changes. Not for charts that move.
 *
 * Plot puts a `<style>` element into its pictures, which the page's policy rightly refuses; it is taken out before the
 * picture enters the page, and `charts.css` says the same.
 */
import { onThemeChange } from '../theme.js';

type Drawing = SVGSVGElement | HTMLElement;

/** Until the frame has been measured, and on paper, where it never is: the style sheet scales the picture. */
const FIRST_WIDTH = 520;

/** @param draw for a width in pixels */
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

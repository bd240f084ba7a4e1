let draw = () => {};
let frame = 0;

/**
 * Says how the page is drawn, and draws it.
 * @param {() => void} how
 */
export function drawBy(how) {
  draw = how;
  draw();
}

/** To be called after every change: the page is drawn once in the next animation frame, however many there are until then. */
export function redraw() {
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    draw();
  });
}

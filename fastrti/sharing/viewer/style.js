/** The look of the viewer, inside its shadow tree. */
export const STYLE = `
:host {
  container-type: inline-size; display: flex; flex-direction: column; overflow: hidden; min-height: 12rem;
  background: var(--panel); color: var(--ink); font: 14px/1.4 system-ui, sans-serif;
  --ink: #e8e4dc; --line: #ffffff24; --panel: #1d1d1d; --field: #161616; --soft: #ffffff14; --accent: #e6b35a;
  --on: #e6b35a;
}
@supports (color: light-dark(#000, #fff)) {
  :host {
    --ink: light-dark(#22201c, #e8e4dc); --line: light-dark(#00000026, #ffffff24); --panel: light-dark(#f6f4f0, #1d1d1d);
    --field: light-dark(#fff, #161616); --soft: light-dark(#0000000f, #ffffff14); --on: light-dark(#7d4e00, #e6b35a);
  }
}
:host([hidden]), :host([controls=none]) :is(.bar, .caption, .scale, .ball, .greeting) { display: none; }
.area { position: relative; flex: 1; min-height: 0; background: #161616; color: #e8e4dc; }
canvas { display: block; width: 100%; height: 100%; touch-action: none; cursor: crosshair; outline-offset: -3px; }
canvas.hand { cursor: grab; }
canvas.still { position: absolute; inset: 0; pointer-events: none; }
:focus-visible { outline: 2px solid var(--on); }
.area > :focus-visible { outline-color: var(--accent); }
.caption {
  position: absolute; left: 16px; top: 14px; max-width: 60%; pointer-events: none; text-shadow: 0 1px 3px #000;
}
.caption b { display: block; font-weight: 600; font-size: 16px; }
.caption small { opacity: 0.75; font-size: 12px; }
.bar { display: flex; flex: none; justify-content: safe center; overflow-x: auto; gap: 2px; padding: 4px; background: var(--panel);
  border-top: 1px solid var(--line); }
button, select {
  height: 34px; min-width: 34px; padding: 0 7px; border: 0; border-radius: 7px; background: none; color: inherit;
  font: inherit; font-size: 13px; cursor: pointer;
}
select option { background: var(--panel); }
button:hover, select:hover { background: var(--soft); }
button[aria-pressed=true] { background: var(--accent); color: #161616; }
button { flex: none; }
button svg {
  display: block; width: 20px; height: 20px; fill: none; stroke: currentColor; stroke-width: 1.7;
  stroke-linecap: round; stroke-linejoin: round;
}
.ball { position: absolute; right: 14px; bottom: 14px; width: 104px; height: 104px; touch-action: none; cursor: pointer;
  border-radius: 50%; }
.ball .sphere { stroke: #ffffff50; stroke-width: 0.02; }
.ball .dot { fill: #161616a0; }
.ball .handle { fill: var(--accent); stroke: #161616; stroke-width: 0.03; }
.scale { position: absolute; left: 16px; bottom: 18px; font-size: 12px; text-align: center; pointer-events: none;
  border: solid #e8e4dc; border-width: 0 1.5px 1.5px; text-shadow: 0 1px 3px #000; }
.legend { position: absolute; left: 50%; top: 14px; transform: translateX(-50%); display: flex; gap: 8px; align-items: center;
  padding: 2px 10px; border-radius: 9px; background: #161616d0; pointer-events: none; white-space: nowrap; }
.legend i { width: 120px; height: 10px; background: linear-gradient(to right, #440154, #414487, #2a788e, #22a884, #7ad151, #fde725); }
.bar input { width: 90px; margin: 0 8px; accent-color: var(--on); }
.greeting { position: absolute; left: 50%; bottom: 24px; transform: translateX(-50%); padding: 6px 14px; border-radius: 9px;
  background: #161616d0; pointer-events: none; white-space: nowrap; }
.message { position: absolute; inset: 0; display: grid; place-items: center; padding: 32px; text-align: center;
  pointer-events: none; }
.message[role=alert] { background: #161616e0; }
.message span { max-width: 36rem; font-size: 16px; }
[hidden] { display: none !important; }
.later { opacity: 0; }
@container (max-width: 640px) {
  .ball { right: 8px; bottom: 8px; width: 84px; height: 84px; }
  .bar { justify-content: start; }
}
@media (pointer: coarse) {
  button, select, input:not([type=checkbox]), label:has([type=checkbox]) { min-height: 44px; min-width: 44px; }
  .edge { width: 44px !important; margin-left: -22px !important; }
}
@media (prefers-contrast: more) {
  :host { --ink: #fff; --line: #fff; --panel: #000; --field: #000; --on: #ffd27a; }
  button, select { border: 1px solid; }
  .panel .hint, .panel label span, .panel dt, .panel .range, .caption small { opacity: 1; }
}
@media (forced-colors: active) {
  button, select { border: 1px solid; }
  button[aria-pressed=true] { forced-color-adjust: none; background: Highlight; color: HighlightText; }
}
`;

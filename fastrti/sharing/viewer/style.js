/** The look of the viewer, inside its shadow tree. */
export const STYLE = `
:host {
  container-type: inline-size; display: block; position: relative; overflow: hidden; min-height: 12rem;
  background: #161616; color: #e8e4dc; font: 14px/1.4 system-ui, sans-serif;
  --line: #ffffff24; --panel: #1d1d1de0; --accent: #e6b35a;
}
:host([hidden]) { display: none; }
canvas { display: block; width: 100%; height: 100%; touch-action: none; cursor: crosshair; outline-offset: -3px; }
canvas.hand { cursor: grab; }
canvas.still { position: absolute; inset: 0; pointer-events: none; }
:focus-visible { outline: 2px solid var(--accent); }
.caption {
  position: absolute; left: 16px; top: 14px; max-width: 60%; pointer-events: none; text-shadow: 0 1px 3px #000;
}
.caption b { display: block; font-weight: 600; font-size: 16px; }
.caption small { opacity: 0.75; font-size: 12px; }
.bar {
  position: absolute; left: 50%; bottom: 14px; transform: translateX(-50%); display: flex; gap: 2px; padding: 4px;
  background: var(--panel); border: 1px solid var(--line); border-radius: 10px;
}
button, select {
  height: 34px; min-width: 34px; padding: 0 7px; border: 0; border-radius: 7px; background: none; color: inherit;
  font: inherit; font-size: 13px; cursor: pointer;
}
select option { background: #1d1d1d; }
button:hover, select:hover { background: #ffffff14; }
button[aria-pressed=true] { background: var(--accent); color: #161616; }
button svg {
  display: block; width: 20px; height: 20px; fill: none; stroke: currentColor; stroke-width: 1.7;
  stroke-linecap: round; stroke-linejoin: round;
}
.record { position: absolute; right: 14px; top: 14px; max-width: min(28rem, 100% - 28px); max-height: calc(100% - 84px);
  overflow: auto; box-sizing: border-box; padding: 6px 14px; background: #1d1d1df2; border: 1px solid var(--line);
  border-radius: 10px; font-size: 13px; overflow-wrap: anywhere; }
.record dt { opacity: 0.75; font-size: 12px; }
.record dd { margin: 0 0 6px; }
.ball { position: absolute; right: 14px; bottom: 14px; width: 104px; height: 104px; touch-action: none; cursor: pointer;
  border-radius: 50%; }
.ball .sphere { stroke: #ffffff50; stroke-width: 0.02; }
.ball .dot { fill: #161616a0; }
.ball .handle { fill: var(--accent); stroke: #161616; stroke-width: 0.03; }
.scale { position: absolute; left: 16px; bottom: 18px; font-size: 12px; text-align: center; pointer-events: none;
  border: solid #e8e4dc; border-width: 0 1.5px 1.5px; text-shadow: 0 1px 3px #000; }
.bar input { width: 90px; margin: 0 8px; accent-color: var(--accent); }
.message { position: absolute; inset: 0; display: grid; place-items: center; padding: 32px; text-align: center;
  pointer-events: none; }
.message[role=alert] { background: #161616e0; }
.message span { max-width: 36rem; font-size: 16px; }
[hidden] { display: none !important; }
@container (max-width: 640px) {
  .bar { left: 8px; bottom: 8px; transform: none; flex-wrap: wrap; max-width: calc(100% - 112px); }
  .record { right: 8px; top: 8px; max-height: calc(100% - 124px); }
  .scale { bottom: auto; top: 64px; }
  .ball { right: 8px; bottom: 8px; width: 84px; height: 84px; }
}
`;

/** Types of rti-viewer.js: the element `<rti-viewer>`, which shows a relightable object. */

/** "x,y", "x,y,z", two numbers in the unit circle, or three of any length with z ≥ 0: +x right, +y up, +z to the camera. */
export type LightValue = string | readonly number[];

/** What is shown. */
export type Mode = 'relight' | 'normals' | 'diffuse' | 'specular' | 'slope' | 'height';

/** The attributes, all optional. They are observed: a change takes effect at once. */
export interface RtiViewerAttributes {
  /** The folder of the object, or "#id" of a JSON script that inlines its files. */
  src?: string | URL;
  /** Where the light stands. By default it comes from the top left. */
  light?: LightValue;
  /** By default "relight". */
  mode?: Mode;
  /** Strength of the modes "diffuse" and "specular", from 1 to 5. By default 1.5. */
  gain?: number | string;
  /** Stops by which the picture is brighter, from −5 to 5. By default 0. */
  exposure?: number | string;
  /** From 0.25 to 4. By default 1. */
  contrast?: number | string;
  /** White balance: gains of red, green and blue in linear light, "r,g,b" or three numbers from 0.05 to 20. By default 1,1,1. */
  white?: string | readonly number[];
  /** Strength of the unsharp masking of the luminance, from 0 to 5. By default 0. */
  sharpen?: number | string;
  /** Radius of the unsharp masking in pixels of the picture, from 0.5 to 20. By default 2. */
  radius?: number | string;
  /** A second light, added in linear light. By default none. */
  light2?: LightValue;
  /** Strength of the second light, from 0 to 4. By default 1. */
  strength2?: number | string;
  /** Millimetres for each pixel of the picture. By default what the object says. */
  scale?: number | string;
  /** The folder of another object, which a comparison begins with: the same thing before or after. */
  other?: string | URL;
  /** Two places on the picture, each with where it lies on the other object: "x,y,X,Y,x,y,X,Y". */
  match?: string | readonly number[];
  /** What is seen, as text: "light=0.3,0.5,0.81&mode=specular&gain=2&turn=1&view=120,80,1.5". */
  state?: string;
  /** The page's address follows the state, and is followed. Viewers of one page have different names. */
  link?: string;
}

/** What an info.json says of the object that is shown. */
export interface RtiObject {
  readonly width: number;
  readonly height: number;
  readonly mmPerPixel: number | null;
  /** The photographed lights, unit vectors. */
  readonly lights: readonly (readonly number[])[];
  /** Whether its folder has annotations. */
  readonly annotated: boolean;
  readonly title: string;
  readonly creator: string;
  readonly rights: string;
  /** What was done to make it, from the capture on: names and descriptions. */
  readonly steps: readonly (readonly [string, string])[];
}

/** Pan, zoom and quarter turns; lengths in device pixels. */
export interface View {
  /** Device pixels for each pixel of the picture. */
  scale: number;
  /** The point of the picture in the middle of the element, in pixels of the picture. */
  centre: number[];
  /** Quarter turns of the picture, clockwise: 0 to 3. */
  readonly turn: number;
  fit(): void;
  /** Shows a point of the picture in the middle. */
  show(centre: readonly number[], scale: number): void;
  rotate(quarters: number): void;
  /** Where a point of the picture lies on the element. */
  toCanvas(point: readonly number[]): number[];
  /** Which point of the picture lies at a point of the element. */
  toPicture(point: readonly number[]): number[];
  pan(dx: number, dy: number): void;
  zoom(factor: number, x?: number, y?: number): void;
}

/** The events that the element dispatches. */
export interface RtiViewerEventMap extends HTMLElementEventMap {
  /** The object is open and its first picture drawn. */
  'rti-load': CustomEvent<null>;
  /** The light moved: its new unit vector. */
  'rti-light': CustomEvent<number[]>;
  /** A person changed the annotations: all of them. */
  'rti-annotations': CustomEvent<object[]>;
  /** What is seen has changed: the new state. */
  'rti-state': CustomEvent<string>;
  /** Something failed: a sentence about it. */
  'rti-error': CustomEvent<string>;
}

/**
 * Properties take what the attributes of their name take. What is not understood is refused with a message on the console
 * and the last value stays. Nothing throws. `null` and `undefined` mean the default.
 */
export class RtiViewer extends HTMLElement {
  get src(): string;
  set src(value: string | URL | null | undefined);
  get other(): string;
  set other(value: string | URL | null | undefined);
  get match(): string;
  set match(value: string | readonly number[] | null | undefined);
  /** The unit vector of the light. */
  get light(): number[];
  set light(value: LightValue | null | undefined);
  get mode(): Mode;
  set mode(value: Mode | null | undefined);
  get gain(): number;
  set gain(value: number | string | null | undefined);
  get exposure(): number;
  set exposure(value: number | string | null | undefined);
  get contrast(): number;
  set contrast(value: number | string | null | undefined);
  /** Gains of red, green and blue. */
  get white(): number[];
  set white(value: string | readonly number[] | null | undefined);
  get sharpen(): number;
  set sharpen(value: number | string | null | undefined);
  get radius(): number;
  set radius(value: number | string | null | undefined);
  /** The unit vector of the second light, or null. */
  get light2(): number[] | null;
  set light2(value: LightValue | null | undefined);
  get strength2(): number;
  set strength2(value: number | string | null | undefined);
  get scale(): number | null;
  set scale(value: number | string | null | undefined);
  /** W3C Web Annotations. Once they are set, the page keeps them: the browser and the object's folder do not count. */
  get annotations(): object[];
  set annotations(value: object[] | null | undefined);
  get state(): string;
  set state(value: string | null | undefined);
  /** The object that is shown; null before it is open. */
  readonly object: RtiObject | null;
  /** Of the object that is shown. Call `redraw` after a change. */
  readonly view: View | undefined;
  /** When opening reached each step, in milliseconds. */
  readonly timings: Record<string, number>;
  /** The files of the object, for pages that inline them. */
  readonly files: { find?: (name: string) => string | null | Promise<string> } | null;
  /** What the script of the last new light took, in milliseconds. */
  readonly lightMs: number | undefined;
  /** Draws with the next frame. */
  redraw(): void;
  /** Starts or ends the light's way around the object: by default endless turns of 8 seconds. */
  toggleSweep(seconds?: number, turns?: number): void;
  /** The whole picture, at full resolution or the finest that fits a canvas: under the present light, or another. */
  picture(light?: LightValue): Promise<HTMLCanvasElement>;
  /** Saves `picture()` as a PNG that says in its texts what it shows; with several lights a ZIP of one PNG under each. */
  snapshot(lights?: readonly LightValue[]): Promise<void>;
  addEventListener<K extends keyof RtiViewerEventMap>(
    type: K,
    listener: (this: RtiViewer, event: RtiViewerEventMap[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

declare global {
  interface HTMLElementTagNameMap {
    'rti-viewer': RtiViewer;
  }
}

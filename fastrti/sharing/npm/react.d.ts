/** The element in TSX of React 19 or newer: `import type {} from 'rti-viewer/react'`. */

import type { DetailedHTMLProps, HTMLAttributes } from 'react';
import type { RtiViewer, RtiViewerAttributes, RtiViewerEventMap } from './rti-viewer.js';

type OwnEvent = keyof RtiViewerEventMap & `rti-${string}`;

/** `onrti-light` and the other events of the element. */
type Listeners = { [Name in OwnEvent as `on${Name}`]?: (event: RtiViewerEventMap[Name]) => void };

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements {
      'rti-viewer': DetailedHTMLProps<HTMLAttributes<RtiViewer>, RtiViewer> & RtiViewerAttributes & Listeners;
    }
  }
}

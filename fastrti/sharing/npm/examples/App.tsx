import { useState } from 'react';
import 'rti-viewer';
import type {} from 'rti-viewer/react';

export function App() {
  const [light, setLight] = useState([0.3, 0.5]);
  return (
    <>
      <rti-viewer
        src="object"
        light={light}
        style={{ height: '30rem' }}
        onrti-light={(event) => setLight(event.detail)}
      />
      <p>The light stands at {light.map((value) => value.toFixed(2)).join(', ')}.</p>
      <button onClick={() => setLight([-0.8, 0])}>Light from the left</button>
    </>
  );
}

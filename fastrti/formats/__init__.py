"""File formats of relightable objects.

| module | reads and writes |
|---|---|
| `object_folder` | fastrti's own object folder |
| `openlime` | neural folders of NeuralRTI, DisK-NeuralRTI and OpenLIME (reads) |
| `relight`, `relight_writer` | Relight folders: PTM, HSH, RBF, bilinear |
| `ptm`, `ptm_jpeg` | `.ptm` |
| `rti` | HSH `.rti`, `.hsh` |

`load.load` opens any of them by what it holds; `write.write_object` writes the formats of others.
"""

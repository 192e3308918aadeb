/** The words of the tools, as words.js has those of the viewer. */

import { chosen, words } from './words.js';

const TOOL_TABLE = {
  measure: [
    'Drag over the picture to measure.', 'Trascina sull’immagine per misurare.', 'Zum Messen über das Bild ziehen.',
    'Glissez sur l’image pour mesurer.', 'Arrastre sobre la imagen para medir.',
  ],
  profile: ['Profile', 'Profilo', 'Profil', 'Profil', 'Perfil'],
  brightness: ['Brightness', 'Luminosità', 'Helligkeit', 'Luminosité', 'Brillo'],
  height: [
    'Height, from normals', 'Altezza, dalle normali', 'Höhe, aus Normalen', 'Hauteur, d’après les normales',
    'Altura, según las normales',
  ],
  pixels: ['pixels', 'pixel', 'Pixel', 'pixels', 'píxeles'],
  levels: ['{low} to {high} of 255', 'da {low} a {high} di 255', '{low} bis {high} von 255', '{low} à {high} sur 255', '{low} a {high} de 255'],
  known: [
    'This line is (mm)', 'Questa linea misura (mm)', 'Diese Linie misst (mm)', 'Cette ligne mesure (mm)',
    'Esta línea mide (mm)',
  ],
  setScale: ['Set scale', 'Imposta scala', 'Maßstab setzen', 'Fixer l’échelle', 'Fijar escala'],
  slider: ['Slider', 'Cursore', 'Schieber', 'Curseur', 'Control deslizante'],
  side: ['Side by side', 'Affiancate', 'Nebeneinander', 'Côte à côte', 'Lado a lado'],
  lens: ['Lens', 'Lente', 'Lupe', 'Loupe', 'Lupa'],
  compareBy: ['Compare by', 'Confronta con', 'Vergleichen mit', 'Comparer par', 'Comparar con'],
  holdLight: [
    'Keep its light where it is now', 'Lascia la sua luce dov’è ora', 'Sein Licht bleibt, wo es jetzt ist',
    'Garder sa lumière où elle est', 'Dejar su luz donde está',
  ],
  compareHint: [
    'Hold the light of the second picture, then move the light of the first one.',
    'Ferma la luce della seconda immagine, poi muovi quella della prima.',
    'Halten Sie das Licht des zweiten Bilds fest und bewegen Sie dann das des ersten.',
    'Fixez la lumière de la seconde image, puis déplacez celle de la première.',
    'Fije la luz de la segunda imagen y mueva luego la de la primera.',
  ],
  note: ['Note', 'Nota', 'Notiz', 'Note', 'Nota'],
  newNote: ['New note', 'Nuova nota', 'Neue Notiz', 'Nouvelle note', 'Nueva nota'],
  allNotes: ['All notes', 'Tutte le note', 'Alle Notizen', 'Toutes les notes', 'Todas las notas'],
  noNotes: ['No notes', 'Nessuna nota', 'Keine Notizen', 'Aucune note', 'Sin notas'],
  moreNotes: ['{n} more: search', 'altre {n}: cerca', '{n} weitere: suchen', '{n} autres : cherchez', '{n} más: busque'],
  noText: ['(no text)', '(senza testo)', '(ohne Text)', '(sans texte)', '(sin texto)'],
  searchNotes: ['Search notes', 'Cerca nelle note', 'Notizen durchsuchen', 'Chercher dans les notes', 'Buscar en las notas'],
  point: ['Point', 'Punto', 'Punkt', 'Point', 'Punto'],
  line: ['Line', 'Linea', 'Linie', 'Ligne', 'Línea'],
  rectangle: ['Rectangle', 'Rettangolo', 'Rechteck', 'Rectangle', 'Rectángulo'],
  polygon: ['Polygon', 'Poligono', 'Polygon', 'Polygone', 'Polígono'],
  draw: ['Draw', 'Disegna', 'Zeichnen', 'Dessiner', 'Dibujar'],
  draw_point: [
    'Click on the picture.', 'Clicca sull’immagine.', 'Klicken Sie auf das Bild.', 'Cliquez sur l’image.',
    'Haga clic en la imagen.',
  ],
  draw_line: [
    'Drag over the picture.', 'Trascina sull’immagine.', 'Ziehen Sie über das Bild.', 'Glissez sur l’image.',
    'Arrastre sobre la imagen.',
  ],
  draw_rectangle: [
    'Drag from corner to corner.', 'Trascina da angolo ad angolo.', 'Ziehen Sie von Ecke zu Ecke.',
    'Glissez d’un coin à l’autre.', 'Arrastre de esquina a esquina.',
  ],
  draw_polygon: [
    'Click the corners, the first one again to finish.', 'Clicca gli angoli, di nuovo il primo per finire.',
    'Klicken Sie die Ecken an, zum Schluss wieder die erste.', 'Cliquez les coins, de nouveau le premier pour finir.',
    'Haga clic en las esquinas, otra vez en la primera para terminar.',
  ],
  finish: ['Finish', 'Fine', 'Fertig', 'Terminer', 'Terminar'],
  inTheMiddle: [
    'Put it in the middle', 'Mettila al centro', 'In die Mitte setzen', 'Placer au milieu', 'Poner en el centro',
  ],
  text: ['Text', 'Testo', 'Text', 'Texte', 'Texto'],
  creator: ['Name', 'Nome', 'Name', 'Nom', 'Nombre'],
  place: ['Place (x,y in pixels)', 'Posizione (x,y in pixel)', 'Ort (x,y in Pixeln)', 'Place (x,y en pixels)', 'Lugar (x,y en píxeles)'],
  keepLight: [
    'Keep the present light and view', 'Conserva luce e vista attuali', 'Jetziges Licht und Ansicht merken',
    'Garder la lumière et la vue actuelles', 'Guardar la luz y la vista actuales',
  ],
  save: ['Save', 'Salva', 'Speichern', 'Enregistrer', 'Guardar'],
  cancel: ['Cancel', 'Annulla', 'Abbrechen', 'Annuler', 'Cancelar'],
  edit: ['Edit', 'Modifica', 'Bearbeiten', 'Modifier', 'Editar'],
  remove: ['Delete', 'Elimina', 'Löschen', 'Supprimer', 'Eliminar'],
  download: ['Download', 'Scarica', 'Herunterladen', 'Télécharger', 'Descargar'],
  importNotes: ['Import', 'Importa', 'Importieren', 'Importer', 'Importar'],
  discard: ['Discard my changes', 'Scarta le mie modifiche', 'Meine Änderungen verwerfen', 'Abandonner mes modifications', 'Descartar mis cambios'],
  keptHere: [
    'Your changes are kept in this browser only. Download them to pass them on.',
    'Le modifiche restano solo in questo browser. Scaricale per condividerle.',
    'Ihre Änderungen bleiben nur in diesem Browser. Laden Sie sie herunter, um sie weiterzugeben.',
    'Vos modifications restent dans ce navigateur seulement. Téléchargez-les pour les transmettre.',
    'Sus cambios se guardan solo en este navegador. Descárguelos para compartirlos.',
  ],
  notKept: [
    'This browser keeps nothing for this page. Download your changes before you leave.',
    'Questo browser non conserva nulla per questa pagina. Scarica le modifiche prima di uscire.',
    'Dieser Browser bewahrt für diese Seite nichts auf. Laden Sie Ihre Änderungen vor dem Verlassen herunter.',
    'Ce navigateur ne garde rien pour cette page. Téléchargez vos modifications avant de partir.',
    'Este navegador no guarda nada para esta página. Descargue sus cambios antes de salir.',
  ],
  size: ['Size', 'Dimensioni', 'Größe', 'Taille', 'Tamaño'],
  scale: ['Scale', 'Scala', 'Maßstab', 'Échelle', 'Escala'],
  perPixel: ['{scale} mm per pixel', '{scale} mm per pixel', '{scale} mm je Pixel', '{scale} mm par pixel', '{scale} mm por píxel'],
  unknown: ['unknown', 'sconosciuta', 'unbekannt', 'inconnue', 'desconocida'],
  title: ['Title', 'Titolo', 'Titel', 'Titre', 'Título'],
  author: ['Creator', 'Autore', 'Urheber', 'Auteur', 'Autor'],
  rights: ['Rights', 'Diritti', 'Rechte', 'Droits', 'Derechos'],
  photographed: [
    'Photographed lights', 'Luci fotografate', 'Fotografierte Lichter', 'Lumières photographiées', 'Luces fotografiadas',
  ],
};

export const toolWords = { ...words, ...chosen(TOOL_TABLE) };

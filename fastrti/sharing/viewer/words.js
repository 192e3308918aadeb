/** The words of the viewer, in each of its languages. Those of the tools are in tool-words.js. */

const LANGUAGES = ['en', 'it', 'de', 'fr', 'es'];

/** By key: English, Italian, German, French, Spanish. */
const TABLE = {
  picture: [
    'Relightable picture. Arrow keys move the light, Shift and arrow keys the picture, + and − zoom.',
    'Immagine a luce variabile. Le frecce muovono la luce, Maiusc e frecce l’immagine, + e − lo zoom.',
    'Bild mit beweglichem Licht. Pfeiltasten bewegen das Licht, Umschalt und Pfeiltasten das Bild, + und − zoomen.',
    'Image à éclairage variable. Les flèches déplacent la lumière, Maj et flèches l’image, + et − le zoom.',
    'Imagen con luz variable. Las flechas mueven la luz, Mayús y flechas la imagen, + y − el zoom.',
  ],
  viewer: ['Viewer', 'Visualizzatore', 'Betrachter', 'Visionneuse', 'Visor'],
  fit: ['Whole picture', 'Immagine intera', 'Ganzes Bild', 'Image entière', 'Imagen entera'],
  actual: ['One to one', 'Uno a uno', 'Eins zu eins', 'Taille réelle', 'Tamaño real'],
  turn: ['Turn the picture', 'Ruota l’immagine', 'Bild drehen', 'Tourner l’image', 'Girar la imagen'],
  out: ['Zoom out', 'Riduci', 'Verkleinern', 'Zoom arrière', 'Alejar'],
  in: ['Zoom in', 'Ingrandisci', 'Vergrößern', 'Zoom avant', 'Acercar'],
  hand: [
    'Drag moves the picture instead of the light',
    'Trascinando si muove l’immagine invece della luce',
    'Ziehen bewegt das Bild statt des Lichts',
    'Glisser déplace l’image au lieu de la lumière',
    'Arrastrar mueve la imagen en vez de la luz',
  ],
  sweep: ['Light sweep', 'Giro della luce', 'Licht kreisen lassen', 'Tour de la lumière', 'Giro de la luz'],
  ruler: ['Ruler and profile', 'Righello e profilo', 'Lineal und Profil', 'Règle et profil', 'Regla y perfil'],
  compare: ['Compare', 'Confronta', 'Vergleichen', 'Comparer', 'Comparar'],
  adjust: ['Adjust the picture', 'Regola l’immagine', 'Bild anpassen', 'Régler l’image', 'Ajustar la imagen'],
  notes: ['Notes', 'Note', 'Notizen', 'Notes', 'Notas'],
  info: ['Information', 'Informazioni', 'Informationen', 'Informations', 'Información'],
  help: ['Help', 'Aiuto', 'Hilfe', 'Aide', 'Ayuda'],
  link: [
    'Copy a link to this view', 'Copia un link a questa vista', 'Link zu dieser Ansicht kopieren',
    'Copier un lien vers cette vue', 'Copiar un enlace a esta vista',
  ],
  linkCopied: ['The link is copied.', 'Il link è copiato.', 'Der Link ist kopiert.', 'Le lien est copié.', 'Enlace copiado.'],
  snapshot: ['Save as PNG', 'Salva come PNG', 'Als PNG speichern', 'Enregistrer en PNG', 'Guardar como PNG'],
  fullscreen: ['Full screen', 'Schermo intero', 'Vollbild', 'Plein écran', 'Pantalla completa'],
  reset: ['Reset all', 'Ripristina tutto', 'Alles zurücksetzen', 'Tout réinitialiser', 'Restablecer todo'],
  undo: ['Undo', 'Annulla', 'Rückgängig', 'Annuler', 'Deshacer'],
  shown: ['What is shown', 'Che cosa si vede', 'Was gezeigt wird', 'Ce qui est montré', 'Qué se muestra'],
  strength: ['Strength', 'Intensità', 'Stärke', 'Intensité', 'Intensidad'],
  relight: ['Relight', 'Luce', 'Licht', 'Lumière', 'Luz'],
  diffuse: ['Diffuse gain', 'Guadagno diffuso', 'Diffuse Verstärkung', 'Gain diffus', 'Ganancia difusa'],
  specular: ['Specular', 'Speculare', 'Spiegelnd', 'Spéculaire', 'Especular'],
  normals: ['Normals', 'Normali', 'Normalen', 'Normales', 'Normales'],
  slope: ['Slope', 'Pendenza', 'Neigung', 'Pente', 'Pendiente'],
  height: [
    'Height, from normals', 'Altezza, dalle normali', 'Höhe, aus Normalen', 'Hauteur, d’après les normales',
    'Altura, según las normales',
  ],
  light: ['Light direction', 'Direzione della luce', 'Lichtrichtung', 'Direction de la lumière', 'Dirección de la luz'],
  lightAt: [
    'from {azimuth}° (90° is the top), {elevation}° above the object',
    'da {azimuth}° (90° è in alto), {elevation}° sopra l’oggetto',
    'von {azimuth}° (90° ist oben), {elevation}° über dem Objekt',
    'de {azimuth}° (90° est en haut), {elevation}° au-dessus de l’objet',
    'desde {azimuth}° (90° es arriba), {elevation}° sobre el objeto',
  ],
  hint: [
    'Drag over the picture to move the light.', 'Trascina sull’immagine per muovere la luce.',
    'Ziehen Sie über das Bild, um das Licht zu bewegen.', 'Glissez sur l’image pour déplacer la lumière.',
    'Arrastre sobre la imagen para mover la luz.',
  ],
  close: ['Close', 'Chiudi', 'Schließen', 'Fermer', 'Cerrar'],
  opening: ['Opening …', 'Apertura …', 'Wird geöffnet …', 'Ouverture …', 'Abriendo …'],
  making: ['Making the picture …', 'Creo l’immagine …', 'Das Bild entsteht …', 'Création de l’image …', 'Creando la imagen …'],
  computing: [
    'Computing normals …', 'Calcolo delle normali …', 'Normalen werden berechnet …', 'Calcul des normales …',
    'Calculando las normales …',
  ],
  loading: [
    'Loading normals …', 'Carico le normali …', 'Normalen werden geladen …', 'Chargement des normales …',
    'Cargando las normales …',
  ],
  lost: [
    'The graphics driver took the picture away. It comes back when the driver can draw again.',
    'Il driver grafico ha tolto l’immagine. Torna quando il driver può disegnare di nuovo.',
    'Der Grafiktreiber hat das Bild weggenommen. Es kommt zurück, wenn er wieder zeichnen kann.',
    'Le pilote graphique a retiré l’image. Elle revient quand il peut de nouveau dessiner.',
    'El controlador gráfico retiró la imagen. Vuelve cuando pueda dibujar de nuevo.',
  ],
  missing: [
    'The object was not found. Perhaps it was moved, or the address is wrong.',
    'L’oggetto non è stato trovato. Forse è stato spostato, o l’indirizzo è sbagliato.',
    'Das Objekt wurde nicht gefunden. Vielleicht wurde es verschoben, oder die Adresse stimmt nicht.',
    'L’objet est introuvable. Il a peut-être été déplacé, ou l’adresse est fausse.',
    'No se encontró el objeto. Quizá se movió, o la dirección es incorrecta.',
  ],
  arrows: ['Move the light', 'Muove la luce', 'Licht bewegen', 'Déplacer la lumière', 'Mover la luz'],
  shiftArrows: ['Move the picture', 'Muove l’immagine', 'Bild bewegen', 'Déplacer l’image', 'Mover la imagen'],
};

const languages = [document.querySelector('rti-viewer[lang]')?.lang, ...navigator.languages].filter(Boolean);
const language = languages.map((each) => LANGUAGES.indexOf(each.slice(0, 2).toLowerCase())).find((index) => index >= 0);

/** The column of a table of words, in the language of the element's `lang`, else of the browser, else in English. */
export function chosen(table) {
  return Object.fromEntries(Object.entries(table).map(([key, texts]) => [key, texts[language ?? 0]]));
}

export const words = chosen(TABLE);

/** A text whose {names} are filled in. */
export function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

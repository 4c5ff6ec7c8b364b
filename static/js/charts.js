// Draws every [data-figure] from the JSON it names, once it comes near the view; plotly.js is fetched only then, and only when
// the browser has nothing else to do, so that text is painted first. One chart is drawn at a time: whoever scrolls or types in
// between is not kept waiting by those still to come. Colours follow the reader's scheme, paper gets the light ones.

const CONFIG = {
  locale: "zh-CN",
  displaylogo: false,
  showSendToCloud: false, // it would upload figures, unpublished ones too
  showEditInChartStudio: false,
  plotlyServerURL: "",
  responsive: true,
  displayModeBar: true,
  scrollZoom: false,
  doubleClick: false,
  modeBarButtons: [],
};
const PAPER_WIDTH = 680; // of A4 between its margins, in CSS pixels
const YEAR_WIDTH = 40; // what a year under the axis needs
const PATIENCE = 500; // milliseconds after which charts no longer wait for the browser to be idle

const own = document.querySelector("script[data-plotly]");
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const drawn = new Set();
const waiting = new Set();
let isDrawing = false;
let loading;

function load(address) {
  return new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = done;
    script.onerror = () => failed(new Error(`not loaded: ${address}`));
    document.head.append(script);
  });
}

function idle() {
  return new Promise((done) => {
    if (window.requestIdleCallback) window.requestIdleCallback(done, { timeout: PATIENCE });
    else setTimeout(done, 50); // Safari has none
  });
}

function pause() {
  return new Promise((done) => setTimeout(done));
}

function plotly() {
  loading ??= idle().then(() => load(own.dataset.plotly)); // its Chinese is at its end
  return loading;
}

function read(element) {
  return JSON.parse(document.getElementById(element.dataset.figure).textContent);
}

// The same figure with each colour replaced that has another one on a dark ground.
function recoloured(part, colours) {
  if (typeof part === "string") return colours[part] ?? part;
  if (Array.isArray(part)) return part.map((one) => recoloured(one, colours));
  if (part === null || typeof part !== "object") return part;
  return Object.fromEntries(Object.entries(part).map(([name, one]) => [name, recoloured(one, colours)]));
}

// Only as many years under the axis as fit beside each other, counted back from the last.
function thinned(layout, width) {
  const axis = layout.xaxis;
  if (!axis.unifiedhovertitle) return;
  const room = Math.max(1, Math.floor((width - layout.margin.l - layout.margin.r) / YEAR_WIDTH));
  const step = Math.ceil(axis.tickvals.length / room);
  const keep = (_, place) => (axis.tickvals.length - 1 - place) % step === 0;
  [axis.ticktext, axis.tickvals] = [axis.ticktext.filter(keep), axis.tickvals.filter(keep)];
}

// The picture that the server draws of the same figure: it says where the numbers come from, of which day they are, and how it
// is to be called.
function download(address) {
  const link = document.createElement("a");
  link.href = address;
  link.download = "";
  link.click();
}

// Small ones stand three in a row on paper, others keep their share of the page.
function paperWidth(element, small) {
  const share = element.clientWidth / document.querySelector("main").clientWidth;
  return Math.floor(small ? PAPER_WIDTH / 3 - 12 : PAPER_WIDTH * Math.min(1, share * 1.06));
}

function draw(element, { paper = false } = {}) {
  const { data, layout } = read(element);
  if (paper) layout.width = paperWidth(element, layout.meta.small);
  thinned(layout, layout.width ?? element.clientWidth);
  const colours = dark.matches && !paper ? layout.meta.dark : {};
  const { picture } = element.dataset;
  const save = { name: "save", title: "下载为 PNG 图片", icon: window.Plotly.Icons.camera, click: () => download(picture) };
  const isSavable = Boolean(picture) && !layout.meta.small && layout.xaxis.visible !== false;
  const config = { ...CONFIG, displayModeBar: isSavable, modeBarButtons: [[save]] };
  window.Plotly.react(element, recoloured(data, colours), recoloured(layout, colours), config);
  drawn.add(element);
  element.dataset.drawn = "";
  // Its sentence and the table say what the lines say; spoken one by one, the marks would only be noise.
  for (const svg of element.querySelectorAll("svg.main-svg")) svg.setAttribute("aria-hidden", "true");
}

function redraw() {
  drawn.forEach((element) => draw(element));
}

function fail(element, error) {
  console.error(error);
  const note = document.createElement("p");
  note.className = "missing";
  note.textContent = "图没有画出来；表中是同样的数字。";
  element.replaceChildren(note);
}

// How far it is from the view, in pixels; 0 for what is seen.
function distance(element) {
  const { top, bottom } = element.getBoundingClientRect();
  return Math.max(top - window.innerHeight, -bottom, 0);
}

function nearest(elements) {
  return [...elements].reduce((one, other) => (distance(other) < distance(one) ? other : one));
}

async function drawWaiting() {
  if (isDrawing || !waiting.size) return;
  isDrawing = true;
  await plotly().catch(() => {}); // that it failed is told in the place of each chart
  while (waiting.size) {
    await pause();
    const element = nearest(waiting);
    waiting.delete(element);
    try {
      await plotly();
      if (!drawn.has(element)) draw(element); // else it was drawn for paper meanwhile
    } catch (error) {
      fail(element, error);
    }
  }
  isDrawing = false;
}

const near = new IntersectionObserver(
  (entries) => {
    for (const { target } of entries.filter((one) => one.isIntersecting)) {
      near.unobserve(target);
      waiting.add(target);
    }
    drawWaiting();
  },
  { rootMargin: "200px" },
);

for (const element of document.querySelectorAll("[data-figure]")) near.observe(element);

dark.addEventListener("change", redraw);

// Its size plotly.js sees to; which years fit under the axis is decided here.
let resizing;
window.addEventListener("resize", () => {
  clearTimeout(resizing);
  resizing = setTimeout(redraw, 200);
});

window.addEventListener("beforeprint", () => {
  for (const element of document.querySelectorAll("[data-figure]")) {
    if (window.Plotly && element.clientWidth) draw(element, { paper: true });
  }
});
window.addEventListener("afterprint", redraw);

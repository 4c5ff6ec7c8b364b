// Draws every [data-figure] from the JSON it names, once it comes near the view; plotly.js is fetched only then, so that text
// is painted first. Colours follow the reader's scheme, paper gets the light ones.

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

const own = document.querySelector("script[data-plotly]");
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const drawn = new Set();
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

function plotly() {
  loading ??= load(own.dataset.plotly); // its Chinese is at its end
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

async function download(element) {
  const { data, layout } = read(element);
  const name = element.dataset.name || document.title;
  const font = { size: layout.font.size + 2, color: layout.font.color, weight: 700 };
  Object.assign(layout, {
    paper_bgcolor: "#ffffff",
    width: Math.max(element.clientWidth, 640),
    height: layout.height + 40,
    margin: { ...layout.margin, t: layout.margin.t + 40 },
    title: { text: name.replace(/[<>&]/g, " "), font, x: 0, xref: "container", xanchor: "left", y: 1, yanchor: "top", pad: { t: 12, l: 12 } },
  });
  const link = document.createElement("a");
  link.href = await window.Plotly.toImage({ data, layout, config: CONFIG }, { format: "png", scale: 2, width: layout.width, height: layout.height });
  link.download = `${name.replace(/[\\/:*?"<>|\s]+/g, "-")}.png`;
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
  const save = { name: "save", title: "下载为 PNG 图片", icon: window.Plotly.Icons.camera, click: () => download(element) };
  const config = { ...CONFIG, displayModeBar: !layout.meta.small && layout.xaxis.visible !== false, modeBarButtons: [[save]] };
  window.Plotly.react(element, recoloured(data, colours), recoloured(layout, colours), config);
  drawn.add(element);
  element.dataset.drawn = "";
  // Its sentence and the table say what the lines say; spoken one by one, the marks would only be noise.
  for (const svg of element.querySelectorAll("svg.main-svg")) svg.setAttribute("aria-hidden", "true");
}

function redraw() {
  drawn.forEach((element) => draw(element));
}

async function show(element) {
  try {
    await plotly();
    draw(element);
  } catch (error) {
    console.error(error);
    const note = document.createElement("p");
    note.className = "missing";
    note.textContent = "图没有画出来；表中是同样的数字。";
    element.replaceChildren(note);
  }
}

const near = new IntersectionObserver(
  (entries) => {
    for (const entry of entries.filter((one) => one.isIntersecting)) {
      near.unobserve(entry.target);
      show(entry.target);
    }
  },
  { rootMargin: "200px" },
);

for (const element of document.querySelectorAll("[data-figure]")) {
  element.replaceChildren(); // what is there for readers without JavaScript
  near.observe(element);
}

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

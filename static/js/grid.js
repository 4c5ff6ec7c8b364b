// Moving about the entry grid as in Excel: keys, undo, paste. It reads no numbers and knows no server: what was changed by more
// than plain typing it tells as an event `grid:changed`; `grid:save` and `grid:submit` ask grid-saving.js to act at once.

const form = document.getElementById("grid");
const table = form.querySelector("table.grid");
const pasted = document.getElementById("pasted");
const help = document.getElementById("keys");
const COLUMNS = ["value", "source", "note"];
const SHOWN = 20; // of what was not taken in a paste

const rows = [...table.querySelectorAll("tr[data-row]")];
const cells = rows.map((row) => COLUMNS.map((column) => row.querySelector(`input[data-column="${column}"]`)));
const places = new Map(); // input -> [row, column]
cells.forEach((inputs, row) => inputs.forEach((input, column) => places.set(input, [row, column])));

const done = []; // acts, each a list of [input, before, after]
const undone = [];
let current = null; // the input with the focus,
let before = ""; // and what it held when it got it
let isEditing = false; // F2: the arrows stay inside the text

function tell(name, detail) {
  form.dispatchEvent(new CustomEvent(`grid:${name}`, { detail }));
}

function rowOf(input) {
  return rows[places.get(input)[0]];
}

// Acts

function remember(act) {
  if (!act.length) return;
  done.push(act);
  undone.length = 0;
}

function put(act, pick, isNow = true) {
  for (const step of act) step[0].value = pick(step);
  if (current) before = current.value;
  tell("changed", { rows: [...new Set(act.map(([input]) => rowOf(input)))], isNow });
}

// What was typed in the cell becomes an act of its own.
function settle() {
  if (!current || current.value === before) return;
  remember([[current, before, current.value]]);
  before = current.value;
}

function change(act) {
  const real = act.filter(([, was, now]) => was !== now);
  remember(real);
  if (real.length) put(real, ([, , now]) => now);
}

function undo() {
  settle();
  const act = done.pop();
  if (!act) return;
  undone.push(act);
  put(act, ([, was]) => was);
  go(act[0][0]);
}

function redo() {
  settle();
  const act = undone.pop();
  if (!act) return;
  done.push(act);
  put(act, ([, , now]) => now);
  go(act[0][0]);
}

// Moving

function go(input) {
  if (!input) return false;
  input.focus();
  input.select();
  return true;
}

function step(down, right) {
  const [row, column] = places.get(current);
  return go(cells[row + down]?.[column + right]);
}

function isAtEdge(input, isRight) {
  const { selectionStart: start, selectionEnd: end, value } = input;
  if (!isEditing && start === 0 && end === value.length) return true;
  return start === end && start === (isRight ? value.length : 0);
}

table.addEventListener("focusin", (event) => {
  if (!places.has(event.target)) {
    event.target.scrollIntoView({ block: "nearest", inline: "nearest" }); // browsers leave a link that is half in sight
    return;
  }
  current = event.target;
  before = current.value;
  isEditing = false;
});

// A click chooses the whole cell, as in a spreadsheet; a second one puts the cursor into the text.
table.addEventListener("mousedown", (event) => {
  if (!places.has(event.target) || event.target === current) return;
  const input = event.target;
  const choose = () => input === current && input.selectionStart === input.selectionEnd && input.select();
  input.addEventListener("mouseup", choose, { once: true });
});

table.addEventListener("focusout", (event) => {
  if (event.target !== current) return;
  settle();
  tell("left", { row: rowOf(current) });
  current = null;
});

const KEYS = {
  Enter: (event) => step(event.shiftKey ? -1 : 1, 0) || settle(),
  ArrowDown: () => step(1, 0),
  ArrowUp: () => step(-1, 0),
  ArrowLeft: () => isAtEdge(current, false) && step(0, -1),
  ArrowRight: () => isAtEdge(current, true) && step(0, 1),
  F2: () => {
    isEditing = true;
    current.setSelectionRange(current.value.length, current.value.length);
    return true;
  },
  Escape: () => {
    if (current.value === before) return false;
    put([[current]], () => before);
    current.select();
    return true;
  },
};

// Without Ctrl these would be letters.
const CONTROL_KEYS = {
  z: (event) => (event.shiftKey ? redo() : undo()),
  y: redo,
  d: fillDown,
};

function fillDown() {
  const [row, column] = places.get(current);
  const above = cells[row - 1]?.[column];
  if (!column || !above || current.readOnly) return;
  settle();
  change([[current, current.value, above.value]]);
}

table.addEventListener("keydown", (event) => {
  if (event.isComposing || event.altKey || !current) return;
  const isControl = event.ctrlKey || event.metaKey;
  const key = isControl ? event.key.toLowerCase() : event.key;
  if (isControl) {
    if (!CONTROL_KEYS[key]) return;
    event.preventDefault();
    CONTROL_KEYS[key](event);
  } else if (key === "?" || key === "？") {
    if (current.dataset.column !== "value") return;
    event.preventDefault();
    help.showModal();
  } else if (KEYS[key]) {
    if (event.shiftKey && key !== "Enter") return;
    if (KEYS[key](event) || key === "Enter") event.preventDefault();
  }
});

// Wherever the focus is on this page.
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.altKey || help.open) return;
  const act = { s: "save", Enter: "submit" }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!act) return;
  event.preventDefault();
  settle();
  tell(act, {});
});

// Paste

// Rows of cells, as spreadsheets put them on the clipboard: tabs between, quotes around what holds tabs or line breaks.
function block(text) {
  const found = [[""]];
  let isQuoted = false;
  const clean = text.replace(/\r\n?/g, "\n").replace(/\n$/, "");
  for (let place = 0; place < clean.length; place += 1) {
    const character = clean[place];
    const row = found[found.length - 1];
    const isStart = row[row.length - 1] === "";
    if (isQuoted) {
      if (character !== '"') row[row.length - 1] += character;
      else if (clean[place + 1] === '"') {
        row[row.length - 1] += '"';
        place += 1;
      } else isQuoted = false;
    } else if (character === '"' && isStart && /"(\t|\n|$)/.test(clean.slice(place + 1))) isQuoted = true;
    else if (character === "\t") row.push("");
    else if (character === "\n") found.push([""]);
    else row[row.length - 1] += character;
  }
  return found.map((row) => row.map((cell) => cell.replace(/\s+/g, " ").trim()));
}

table.addEventListener("paste", (event) => {
  if (!current) return;
  const text = event.clipboardData.getData("text/plain");
  const lines = block(text);
  if (lines.length === 1 && lines[0].length === 1) {
    event.preventDefault();
    if (!current.readOnly) {
      current.setRangeText(lines[0][0], current.selectionStart, current.selectionEnd, "end");
      current.dispatchEvent(new InputEvent("input", { bubbles: true }));
    }
    return;
  }
  event.preventDefault();
  settle();
  fill(lines);
});

function fill(lines) {
  const [top, left] = places.get(current);
  const act = [];
  const refused = [];
  let blanks = 0;
  let outside = 0;
  lines.forEach((line, down) =>
    line.forEach((text, right) => {
      const input = cells[top + down]?.[left + right];
      if (text === "") blanks += 1;
      else if (!input) outside += 1;
      else if (input.readOnly) refused.push([input, "这一格现在不能改"]);
      else if (input.maxLength > 0 && text.length > input.maxLength) refused.push([input, `超过 ${input.maxLength} 个字`]);
      else act.push([input, input.value, text]);
    }),
  );
  change(act);
  current.select();
  report(act, refused, blanks, outside);
}

// How many cells were filled and which were not; what the server cannot read is added when it has answered.
let reported = null;

function report(act, refused, blanks, outside) {
  const told = [`已填入 ${act.length} 格`];
  if (blanks) told.push(`空格 ${blanks} 个，未改动`);
  if (outside) told.push(`超出表格 ${outside} 格，未填入`);
  reported = { told, refused, rows: new Set(act.map(([input]) => rowOf(input).dataset.row)) };
  show();
}

function show() {
  const { told, refused } = reported;
  const words = refused.length ? [...told, `${refused.length} 格有问题`] : told;
  const heading = document.createElement("p");
  heading.textContent = `粘贴：${words.join("；")}。按 Ctrl Z 可整块撤销。`;
  const list = document.createElement("ul");
  for (const [input, reason] of refused.slice(0, SHOWN)) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = `#${rowOf(input).dataset.row}`;
    link.textContent = rowOf(input).dataset.name;
    link.addEventListener("click", (event) => {
      event.preventDefault();
      go(input);
    });
    item.append(link, `：“${input.value}” ${reason}`);
    list.append(item);
  }
  if (refused.length > SHOWN) {
    const more = document.createElement("li");
    more.textContent = `另有 ${refused.length - SHOWN} 格，已在表中标出。`;
    list.append(more);
  }
  pasted.replaceChildren(heading, ...(refused.length ? [list] : []));
  pasted.setAttribute("role", "status");
  pasted.hidden = false;
}

form.addEventListener("grid:answered", (event) => {
  if (!reported) return;
  for (const { row, reason } of event.detail.refused) {
    if (!reported.rows.delete(row.dataset.row)) continue;
    reported.refused.push([cells[rows.indexOf(row)][0], reason]);
    show();
  }
});

// Buttons

table.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-put]");
  if (!button) return;
  const row = button.closest("tr");
  const [value, source, note] = cells[rows.indexOf(row)];
  settle();
  const act = [[value, value.value, button.dataset.put]];
  if (button.dataset.put === "") act.push([source, source.value, row.dataset.actualSource], [note, note.value, ""]);
  change(act);
  go(button.dataset.put === "清除" ? note : value);
});

for (const button of document.querySelectorAll('[data-do="keys"]')) button.addEventListener("click", () => help.showModal());

for (const [name, act] of [["save", "save"], ["submit", "submit"]]) {
  form.querySelector(`[data-do="${name}"]`).addEventListener("click", (event) => {
    event.preventDefault();
    tell(act, {});
  });
}

form.addEventListener("submit", (event) => event.preventDefault());

for (const button of document.querySelectorAll(".js-only")) button.classList.remove("js-only");
form.classList.add("ready");
// Whoever was quicker than this file is in a cell already, and may have typed.
if (places.has(document.activeElement)) {
  current = document.activeElement;
  before = current.defaultValue;
} else if (window.location.hash.length > 1) go(document.getElementById(`value-${decodeURIComponent(window.location.hash.slice(1))}`));

// Keeps what is typed in the entry grid: drafts go to the server after a pause and on leaving a cell, several at once; what the
// server has not confirmed stays marked, survives a reload of this tab, and is sent again. Only the server reads numbers.

const form = document.getElementById("grid");
const { cells: CELLS, submit: SUBMIT, person, login: LOGIN } = form.dataset;
const KEPT = `entry ${window.location.pathname} ${person}`;
const PAUSE = 800; // milliseconds without a key
const SOON = 60;
const MOST = 100; // rows of one request
const PATIENCE = 15_000;
const DELAYS = [1, 2, 4, 8, 15, 30]; // seconds between attempts while the server is not reached
const FIELDS = { value: "typed", source: "source", note: "note" };

const saved = document.getElementById("saved");
const unsaved = document.getElementById("unsaved");
const sessionNotice = document.getElementById("session");
const resultNotice = document.getElementById("result");

const lines = new Map(); // code -> what is known of a row
const waiting = new Set(); // codes with something unconfirmed
let token = form.elements.csrfmiddlewaretoken.value;
let timer = 0;
let attempts = 0;
let isBusy = false;
let isShutOut = false; // the session has ended, or another person is logged in

for (const row of form.querySelectorAll("tr[data-open]")) {
  const inputs = {};
  for (const column of Object.keys(FIELDS)) inputs[column] = row.querySelector(`input[data-column="${column}"]`);
  const texts = {};
  for (const [column, input] of Object.entries(inputs)) texts[FIELDS[column]] = input.defaultValue;
  const { row: code, version, seen } = row.dataset;
  lines.set(code, { code, row, inputs, confirmed: texts, version: Number(version), seen: Number(seen), isHeld: false });
}

// What is typed, and whether the server has it

function typed(line) {
  const texts = {};
  for (const [column, input] of Object.entries(line.inputs)) texts[FIELDS[column]] = input.value;
  return texts;
}

function isSame(one, other) {
  return Object.values(FIELDS).every((name) => one[name] === other[name]);
}

function look(line) {
  const isWaiting = !isSame(typed(line), line.confirmed);
  if (isWaiting !== waiting.has(line.code)) {
    line.row.classList.toggle("unsaved", isWaiting);
    if (isWaiting) waiting.add(line.code);
    else waiting.delete(line.code);
    mark(line, isWaiting ? "未保存" : "");
    count();
  }
  if (isWaiting) line.isHeld = false;
}

function mark(line, word) {
  line.row.querySelector(".saving").textContent = word;
}

function count() {
  unsaved.textContent = waiting.size ? `未保存 ${waiting.size} 格` : "";
}

function lineOf(element) {
  return lines.get(element.closest("tr")?.dataset.row);
}

// When to save

function soon(delay) {
  clearTimeout(timer);
  timer = setTimeout(save, delay);
}

form.addEventListener("input", (event) => {
  const line = event.target.dataset.column && lineOf(event.target);
  if (!line) return;
  look(line);
  remember();
  if (!isShutOut && !attempts) soon(PAUSE);
});

form.addEventListener("grid:left", (event) => {
  if (waiting.has(event.detail.row.dataset.row) && !isShutOut && !attempts) soon(SOON);
});

form.addEventListener("grid:changed", (event) => {
  for (const row of event.detail.rows) {
    const line = lines.get(row.dataset.row);
    if (line) look(line);
  }
  remember();
  if (!isShutOut && !attempts) soon(SOON);
});

form.addEventListener("grid:save", async () => {
  attempts = 0;
  await saveAll();
  if (!waiting.size) say(`已保存 ${now()}`);
});

window.addEventListener("online", () => retry());
window.addEventListener("focus", () => isShutOut && retry());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && isShutOut) retry();
});

function retry() {
  if (waiting.size) soon(0);
}

function now() {
  return new Date().toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit" });
}

function say(sentence) {
  if (saved.textContent !== sentence) saved.textContent = sentence;
}

// To the server

class Failed extends Error {
  constructor(kind, sentence = "", address = "") {
    super(sentence);
    Object.assign(this, { kind, address });
  }
}

async function ask(address, body) {
  const stop = new AbortController();
  const watch = setTimeout(() => stop.abort(), PATIENCE);
  const options = { signal: stop.signal, headers: { Accept: "application/json" }, cache: "no-store" };
  if (body) {
    options.method = "POST";
    options.headers = { ...options.headers, "Content-Type": "application/json", "X-CSRFToken": token };
    options.body = JSON.stringify({ person: Number(person), ...body });
  }
  let response;
  try {
    response = await fetch(address, options);
  } catch {
    throw new Failed("unreached");
  } finally {
    clearTimeout(watch);
  }
  const isJson = response.headers.get("Content-Type")?.includes("json");
  const answer = isJson ? await response.json().catch(() => null) : null;
  if (response.ok && answer) return answer;
  if (response.status === 401 || (response.ok && !answer)) throw new Failed("ended", "", answer?.login ?? LOGIN);
  if (answer?.code === "password_change_required") throw new Failed("password", "", answer.password);
  if (answer?.code === "other_person") throw new Failed("other", answer.detail);
  if (response.status === 403 && !answer) throw new Failed("token");
  if (response.status === 403 || response.status === 404) throw new Failed("refused", "您现在没有在这里填报的权限，请联系管理员");
  if (response.status === 400) throw new Failed("refused", answer?.detail ?? "服务器不接受这次保存，请复制所填内容后重新打开这一页");
  throw new Failed("unreached");
}

// A login changes the token for writing; who logged in may be somebody else.
async function renew() {
  const answer = await ask(CELLS);
  if (answer.person !== Number(person)) throw new Failed("other", "现在登录的是另一个账号；请用原来的账号重新登录，所填内容仍在这一页");
  token = answer.csrf;
}

async function post(address, body) {
  if (isShutOut) await renew();
  try {
    return await ask(address, body);
  } catch (failure) {
    if (failure.kind !== "token") throw failure;
    await renew();
    return ask(address, body);
  }
}

async function save() {
  clearTimeout(timer);
  if (isBusy) return;
  const sent = [...waiting].map((code) => lines.get(code)).filter((line) => !line.isHeld).slice(0, MOST);
  if (!sent.length) return;
  isBusy = true;
  const texts = new Map(sent.map((line) => [line.code, typed(line)]));
  for (const line of sent) mark(line, "保存中");
  try {
    const cells = sent.map((line) => ({
      indicator: line.code,
      ...texts.get(line.code),
      version: line.version,
      seen_version: line.seen,
    }));
    const answer = await post(CELLS, { cells });
    reached();
    take(answer.cells, texts);
    say(waiting.size ? "" : `已保存 ${now()}`);
  } catch (failure) {
    for (const line of sent) mark(line, "未保存");
    fail(failure);
  } finally {
    isBusy = false;
  }
  if (!attempts && !isShutOut && [...waiting].some((code) => !lines.get(code).isHeld)) soon(SOON);
}

async function saveAll() {
  for (let turn = 0; turn < 100; turn += 1) {
    if (isBusy) await new Promise((next) => setTimeout(next, 50));
    else {
      const left = [...waiting].filter((code) => !lines.get(code).isHeld);
      if (!left.length) return;
      await save();
      if (attempts || isShutOut) return;
    }
  }
}

function reached() {
  attempts = 0;
  isShutOut = false;
  sessionNotice.hidden = true;
}

function fail(failure) {
  if (!(failure instanceof Failed)) throw failure;
  if (failure.kind === "unreached") {
    const delay = DELAYS[Math.min(attempts, DELAYS.length - 1)];
    attempts += 1;
    say(navigator.onLine ? `没有连上服务器，${delay} 秒后再试` : "网络已断开，恢复后自动保存");
    soon(delay * 1000);
    return;
  }
  isShutOut = true;
  say("");
  const sentences = {
    ended: "登录已过期。所填内容都还在这一页，请重新登录，登录后会自动接着保存。",
    password: "须先修改密码。所填内容都还在这一页，改好密码后会自动接着保存。",
  };
  const message = document.createElement("p");
  message.textContent = sentences[failure.kind] ?? failure.message;
  if (failure.address) {
    const link = document.createElement("a");
    link.href = `${failure.address}?next=${encodeURIComponent(window.location.pathname)}`;
    link.target = "_blank";
    link.rel = "noopener";
    link.textContent = failure.kind === "ended" ? "在新标签页登录" : "在新标签页修改密码";
    message.append(link);
  }
  sessionNotice.replaceChildren(message);
  sessionNotice.hidden = false;
  if (failure.kind !== "refused") soon(20_000);
}

// What the server answered

function take(answers, texts) {
  const refused = [];
  for (const answer of answers) {
    const line = lines.get(answer.indicator);
    if (!line) continue;
    if (!answer.row) { // the indicator is gone since the page was made
      remark(line.row, [{ kind: "error", sentence: answer.reason }]);
      line.isHeld = true;
      refused.push({ row: line.row, reason: answer.reason });
      mark(line, "未保存");
      continue;
    }
    if (answer.kept) {
      Object.assign(line, { version: answer.row.version, seen: answer.row.seen_version, confirmed: texts.get(line.code) });
    }
    draw(line.row, answer);
    look(line);
    if (!answer.kept) line.isHeld = isSame(typed(line), texts.get(line.code));
    if (answer.state === "conflict") offer(line, answer);
    if (answer.state !== "saved") refused.push({ row: line.row, reason: answer.reason });
    mark(line, answer.kept ? `已保存 ${now()}` : "未保存");
    if (waiting.has(line.code)) mark(line, "未保存");
  }
  tally();
  remember();
  form.dispatchEvent(new CustomEvent("grid:answered", { detail: { refused } }));
}

function draw(row, { row: stands, state, reason, kept }) {
  row.dataset.state = stands.state;
  row.dataset.actual = stands.actual_version;
  const status = row.querySelector(".status");
  status.className = `status ${stands.style}`;
  status.querySelector("[aria-hidden]").textContent = stands.symbol;
  status.querySelector(".word").textContent = stands.label;
  row.querySelector("td.change").textContent = stands.change;
  row.querySelector(".echo").textContent = stands.echo;
  const remarks = kept === false ? [{ kind: state === "conflict" ? "conflict" : "error", sentence: reason }] : stands.remarks;
  remark(row, remarks);
}

function remark(row, remarks) {
  const id = `said-${row.dataset.row}`;
  let said = document.getElementById(id);
  const [value, , note] = row.querySelectorAll("input[data-column]");
  const isWrong = remarks.some(({ kind }) => kind === "error" || kind === "conflict");
  if (isWrong) value.setAttribute("aria-invalid", "true");
  else value.removeAttribute("aria-invalid");
  for (const input of [value, note]) {
    if (remarks.length) input.setAttribute("aria-describedby", id);
    else input.removeAttribute("aria-describedby");
  }
  row.classList.toggle("noted", remarks.length > 0);
  if (!remarks.length) {
    said?.remove();
    return;
  }
  if (!said) {
    said = document.createElement("tr");
    said.className = "said";
    said.id = id;
    const cell = document.createElement("td");
    cell.colSpan = 11;
    said.append(cell);
    row.after(said);
  }
  const list = document.createElement("ul");
  for (const { kind, sentence } of remarks) {
    const item = document.createElement("li");
    item.className = `is-${kind}`;
    item.textContent = sentence;
    list.append(item);
  }
  said.firstElementChild.replaceChildren(list);
}

// Both values side by side, and two buttons; what was typed stays in the cell until one is pressed.
function offer(line, { row: stands, kept }) {
  const list = document.querySelector(`#said-${CSS.escape(line.code)} ul`);
  if (!list) return;
  const item = document.createElement("li");
  item.className = "choices";
  const theirs = kept ? stands.actual : stands.typed || stands.actual;
  const ours = typed(line).typed || "空白";
  const words = document.createElement("p");
  words.textContent = `您填的是 ${ours}；现有的是 ${theirs}。`;
  item.append(words);
  const take = (label, act) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = label;
    button.addEventListener("click", act);
    item.append(button);
  };
  if (stands.is_others) take("再试一次用我的", () => keepMine(line, stands));
  else take("用我的", () => keepMine(line, stands));
  take("用现有的", () => keepTheirs(line, stands, kept));
  list.append(item);
}

function keepMine(line, stands) {
  line.version = stands.is_others ? line.version : stands.version;
  line.seen = stands.actual_version;
  line.isHeld = false;
  // Nothing in the text has changed, and yet it must be sent again: from the newer versions.
  line.confirmed = { typed: null, source: null, note: null };
  look(line);
  soon(0);
  line.inputs.value.focus();
}

function keepTheirs(line, stands, kept) {
  const { value, source, note } = line.inputs;
  if (kept) {
    // The draft is on the server and is taken back; what is in force stays.
    [value.value, source.value, note.value] = ["", line.row.dataset.actualSource, ""];
    line.seen = stands.actual_version;
    look(line);
    soon(0);
  } else {
    [value.value, source.value, note.value] = [stands.typed, stands.source, stands.note];
    line.confirmed = typed(line);
    Object.assign(line, { version: stands.is_others ? 0 : stands.version, seen: stands.seen_version });
    if (stands.is_others) for (const input of Object.values(line.inputs)) input.readOnly = true;
    look(line);
    mark(line, "");
    remark(line.row, stands.remarks.filter(({ kind }) => kind !== "conflict"));
  }
  remember();
  value.focus();
}

// What was typed against a figure that has changed since, as the page came.
for (const line of lines.values()) {
  if (line.row.dataset.seen === line.row.dataset.actual) continue;
  const actual = line.row.querySelector("td.actual").firstElementChild.firstChild.textContent;
  offer(line, { kept: true, row: { actual, actual_version: Number(line.row.dataset.actual), version: line.version, is_others: false } });
}

function tally() {
  const found = {};
  for (const row of form.querySelectorAll("tr[data-due]")) found[row.dataset.state] = (found[row.dataset.state] ?? 0) + 1;
  for (const place of document.querySelectorAll("[data-count]")) place.textContent = found[place.dataset.count] ?? 0;
}

// Handing in

form.addEventListener("grid:submit", async () => {
  attempts = 0;
  await saveAll();
  if (waiting.size) {
    conclude(`还有 ${waiting.size} 格没有保存，保存好了才能提交。`, []);
    return;
  }
  const own = [...lines.values()].filter((line) => ["draft", "returned"].includes(line.row.dataset.state));
  const chosen = own.filter((line) => line.row.querySelector('input[name="chosen"]').checked);
  const asked = chosen.length ? chosen : own;
  if (!asked.length) {
    conclude("没有可提交的草稿。", []);
    return;
  }
  const cells = asked.map((line) => ({ indicator: line.code, version: line.version }));
  try {
    const answer = await post(SUBMIT, { cells });
    reached();
    for (const one of answer.cells) {
      const line = lines.get(one.indicator);
      if (!line) continue;
      line.version = one.row.version;
      if (one.row.state === "submitted") line.row.querySelector('input[name="chosen"]').checked = false;
      draw(line.row, one);
      mark(line, "");
    }
    tally();
    conclude(answer.sentence, answer.refused);
  } catch (failure) {
    fail(failure);
    conclude("没有提交：没有连上服务器，或者登录已过期。", []);
  }
});

function conclude(sentence, refused) {
  const heading = document.createElement("h2");
  heading.textContent = sentence;
  const list = document.createElement("ul");
  for (const { indicator, name, reason } of refused) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = `#value-${indicator}`;
    link.textContent = name;
    link.addEventListener("click", (event) => {
      event.preventDefault();
      document.getElementById(`value-${indicator}`).focus();
    });
    item.append(link, `：${reason}`);
    list.append(item);
  }
  resultNotice.replaceChildren(heading, ...(refused.length ? [list] : []));
  resultNotice.hidden = false;
  resultNotice.focus();
}

// What this tab still holds

let storing = 0;

function remember() {
  clearTimeout(storing);
  storing = setTimeout(store, 200);
}

function store() {
  clearTimeout(storing);
  const held = {};
  for (const code of waiting) {
    const line = lines.get(code);
    held[code] = { ...typed(line), version: line.version, seen: line.seen };
  }
  if (waiting.size) sessionStorage.setItem(KEPT, JSON.stringify(held));
  else sessionStorage.removeItem(KEPT);
}

function recall() {
  let held = {};
  try {
    held = JSON.parse(sessionStorage.getItem(KEPT)) ?? {};
  } catch {
    sessionStorage.removeItem(KEPT);
  }
  for (const [code, texts] of Object.entries(held)) {
    const line = lines.get(code);
    if (!line) continue;
    for (const [column, name] of Object.entries(FIELDS)) {
      const input = line.inputs[column];
      if (input.value === input.defaultValue) input.value = texts[name]; // else it was typed since the page came
    }
    look(line);
    if (waiting.has(code)) Object.assign(line, { version: texts.version, seen: texts.seen });
  }
  for (const line of lines.values()) look(line); // also what was typed before this file was there
  store();
  if (waiting.size) soon(SOON);
}

// Going on by a link or a form of the page waits for what is on its way to the server; only what cannot be saved is asked about.
document.addEventListener("click", async (event) => {
  const link = event.target.closest("a[href]");
  const isElsewhere = link && !link.target && !link.hasAttribute("download") && !link.getAttribute("href").startsWith("#");
  if (!isElsewhere || !waiting.size || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  await saveAll();
  window.location.assign(link.href);
});

document.addEventListener("submit", async (event) => {
  if (event.target === form || event.target.method === "dialog" || !waiting.size) return;
  event.preventDefault();
  await saveAll();
  event.target.submit();
});

window.addEventListener("pagehide", store);
window.addEventListener("beforeunload", (event) => {
  store();
  if (!waiting.size) return;
  event.preventDefault();
  event.returnValue = ""; // older Chromium asks for this
});

recall();

// The API's pages: copy buttons at the examples, and the console, which draws a form for each operation of the schema.

const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== false && value !== undefined) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
};

// Copying

const copyText = async (text) => {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Without https there is no clipboard: a field that is selected and copied, as before.
  const field = element("textarea", { readonly: true });
  field.value = text;
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
};

const withCopy = (block) => {
  const button = element("button", { type: "button", class: "copy" }, "复制");
  button.addEventListener("click", async () => {
    await copyText(block.textContent);
    button.textContent = "已复制";
    setTimeout(() => { button.textContent = "复制"; }, 1500);
  });
  const row = element("div", { class: "copy-row" }, button);
  block.before(row);
  // A block that scrolls must be reachable by the keyboard.
  block.setAttribute("tabindex", "0");
};

for (const block of document.querySelectorAll("pre.copied")) withCopy(block);

// A link to an entry of a folded list opens it.
const unfold = () => {
  const target = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const folded = target && target.closest("details");
  if (folded) folded.open = true;
};
addEventListener("hashchange", unfold);
unfold();

// The console

const place = document.querySelector(".console");
const METHODS = ["get", "post", "put", "patch", "delete"];

const resolve = (schema, part) => {
  let found = part;
  while (found && found.$ref) {
    found = found.$ref.slice(2).split("/").reduce((at, key) => at[key.replace(/~1/g, "/")], schema);
  }
  return found;
};

const operationsOf = (schema) =>
  Object.entries(schema.paths).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => {
      const operation = item[method];
      const parameters = [...(item.parameters || []), ...(operation.parameters || [])].map((one) => resolve(schema, one));
      return { path, method, operation, parameters, name: `${method.toUpperCase()} ${path}` };
    }),
  );

const inputFor = (schema, parameter, id) => {
  const own = resolve(schema, parameter.schema) || {};
  const described = { id, name: parameter.name, "data-in": parameter.in, "aria-describedby": `${id}-says` };
  if (own.type === "boolean" || (own.enum && own.enum.length <= 12)) {
    const words = own.type === "boolean" ? ["true", "false"] : own.enum;
    return element("select", described, element("option", { value: "" }, "（不写）"), ...words.map((word) => element("option", { value: word }, word)));
  }
  const input = element("input", { ...described, required: parameter.required, autocomplete: "off", spellcheck: "false" });
  const items = resolve(schema, own.items) || own;
  if (items.enum && parameter.in === "query") {
    const list = element("datalist", { id: `${id}-words` }, ...items.enum.map((word) => element("option", { value: word })));
    input.setAttribute("list", list.id);
    return [input, list];
  }
  return input;
};

const example = (parameter) => (parameter.required && parameter.example !== undefined ? String(parameter.example) : "");

const exampleBody = (schema, operation) => {
  const content = Object.values((resolve(schema, operation.requestBody) || {}).content || {})[0];
  if (!content) return "";
  const shown = content.example !== undefined ? content.example : Object.values(content.examples || {}).map((one) => one.value)[0];
  return shown === undefined ? "" : JSON.stringify(shown, null, 2);
};

const quoted = (text) => `'${text.replace(/'/g, "'\\''")}'`;

const start = (schema) => {
  const operations = operationsOf(schema);
  const choice = element("select", { id: "operation", name: "operation" });
  for (const one of operations) choice.append(element("option", { value: one.name }, `${one.name}　${one.operation.summary || ""}`));
  const fields = element("div");
  const form = element(
    "form", {},
    element("div", { class: "field" }, element("label", { for: "operation" }, "地址"), choice),
    fields,
    element("div", { class: "actions" }, element("button", {}, "调用")),
  );
  const answer = element("output", { "aria-live": "polite" });
  let current = operations[0];
  let asking = 0;

  const draw = () => {
    current = operations.find((one) => one.name === choice.value) || operations[0];
    fields.replaceChildren();
    for (const [number, parameter] of current.parameters.entries()) {
      const id = `parameter-${number}`;
      const inputs = [inputFor(schema, parameter, id)].flat();
      inputs[0].value = example(parameter);
      fields.append(element(
        "div", { class: "field" },
        element("label", { for: id }, element("span", { class: "code" }, parameter.name), parameter.required ? "（必填）" : ""),
        ...inputs,
        element("p", { class: "small", id: `${id}-says` }, parameter.description || ""),
      ));
    }
    if (current.operation.security && current.operation.security.length) {
      fields.append(element(
        "div", { class: "field" }, element("label", { for: "token" }, "令牌"),
        element("input", { id: "token", "data-in": "token", type: "password", autocomplete: "off" }),
        element("p", { class: "small" }, "只用于这次调用，不保存。"),
      ));
    }
    if (current.operation.requestBody) {
      const body = element("textarea", { id: "body", "data-in": "body", spellcheck: "false" });
      body.value = exampleBody(schema, current.operation);
      fields.append(element("div", { class: "field" }, element("label", { for: "body" }, "内容（JSON）"), body));
    }
    answer.replaceChildren();
  };

  const asked = () => {
    let path = current.path;
    const query = [];
    const headers = {};
    let body;
    for (const input of fields.querySelectorAll("[data-in]")) {
      const value = input.value.trim();
      if (!value) continue;
      if (input.dataset.in === "path") path = path.replace(`{${input.name}}`, encodeURIComponent(value));
      else if (input.dataset.in === "query") query.push(`${encodeURIComponent(input.name)}=${encodeURIComponent(value).replace(/%2C/g, ",").replace(/%7E/g, "~")}`);
      else if (input.dataset.in === "header") headers[input.name] = value;
      else if (input.dataset.in === "token") headers.Authorization = `Token ${value}`;
      else { body = value; headers["Content-Type"] = "application/json"; }
    }
    return { address: `${location.origin}${path}${query.length ? `?${query.join("&")}` : ""}`, method: current.method.toUpperCase(), headers, body };
  };

  const curl = ({ address, method, headers, body }) => [
    "curl",
    ...(method === "GET" ? [] : [`--request ${method}`]),
    ...Object.entries(headers).map(([name, value]) => `--header ${quoted(`${name}: ${name === "Authorization" ? "Token …" : value}`)}`),
    ...(body ? [`--data ${quoted(body)}`] : []),
    quoted(address),
  ].join(" ");

  const shown = async (response) => {
    const type = response.headers.get("Content-Type") || "";
    if (/spreadsheet|octet/.test(type)) return "（Excel 文件：用上面的地址在浏览器打开即可下载）";
    const text = await response.text();
    if (!/json/.test(type)) return text.slice(0, 100000);
    // Printed from the text, not from parsed numbers: a figure's digits stay as they were sent.
    return indented(text);
  };

  const send = async (event) => {
    event.preventDefault();
    const mine = ++asking;
    const request = asked();
    const line = element("pre", { class: "request copied" }, curl(request));
    const state = element("p", {}, "正在等待回答…");
    answer.replaceChildren(element("h2", {}, "请求"), line, element("h2", {}, "回答"), state);
    withCopy(line);
    const began = performance.now();
    try {
      const response = await fetch(request.address, { method: request.method, headers: request.headers, body: request.body, credentials: "omit" });
      const text = await shown(response);
      if (mine !== asking) return;
      const parts = [`${response.status}`, `${Math.round(performance.now() - began)} 毫秒`, response.headers.get("Content-Type") || ""];
      state.textContent = parts.filter(Boolean).join(" · ");
      state.classList.toggle("bad", !response.ok);
      const block = element("pre", { class: "answer copied" }, text);
      answer.append(block);
      withCopy(block);
    } catch {
      state.textContent = "没有得到回答：请检查网络后重试。";
      state.classList.add("bad");
    }
  };

  choice.addEventListener("change", draw);
  form.addEventListener("submit", send);
  place.replaceChildren(form, answer);
  const wanted = operations.find((one) => location.hash && one.operation.operationId === location.hash.slice(1));
  if (wanted) choice.value = wanted.name;
  draw();
};

const indented = (text) => {
  let depth = 0;
  let inText = false;
  let out = "";
  for (let at = 0; at < text.length && out.length < 200000; at += 1) {
    const sign = text[at];
    if (inText) {
      out += sign;
      if (sign === "\\") { at += 1; out += text[at]; } else if (sign === '"') inText = false;
    } else if (sign === '"') { inText = true; out += sign; }
    else if (sign === "{" || sign === "[") {
      const isEmpty = text[at + 1] === "}" || text[at + 1] === "]";
      if (isEmpty) { out += sign + text[at + 1]; at += 1; } else { depth += 1; out += `${sign}\n${"  ".repeat(depth)}`; }
    } else if (sign === "}" || sign === "]") { depth -= 1; out += `\n${"  ".repeat(depth)}${sign}`; }
    else if (sign === ",") out += `,\n${"  ".repeat(depth)}`;
    else if (sign === ":") out += ": ";
    else if (!/\s/.test(sign)) out += sign;
  }
  return out;
};

if (place) {
  const state = place.querySelector(".console-state");
  fetch(place.dataset.schema, { credentials: "omit" })
    .then((response) => (response.ok ? response.json() : Promise.reject(new Error(String(response.status)))))
    .then(start)
    .catch(() => { state.textContent = "接口的定义没有读到：请刷新页面重试。"; });
}

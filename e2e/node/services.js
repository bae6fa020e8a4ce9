// What JupyterLab does with a kernel, by JupyterLab's own library, through a
// server: node services.js URL TOKEN KERNEL. Each step prints a line of JSON
// when it has passed; the first that fails ends the program with status 1.
"use strict";

const assert = require("node:assert/strict");
const { KernelManager, ServerConnection } = require("@jupyterlab/services");

const [baseUrl, token, name] = process.argv.slice(2);
const limit = 90_000;

// within fails when something takes too long.
function within(promise, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no ${what} within ${limit} ms`)), limit);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

// run executes code and returns its reply and what came on IOPub.
async function run(kernel, code, { answer, options, onOutput } = {}) {
  const future = kernel.requestExecute({ code, allow_stdin: answer !== undefined, ...options });
  const seen = [];
  future.onIOPub = (msg) => {
    seen.push(msg);
    onOutput?.(msg);
  };
  future.onStdin = (msg) => {
    if (msg.header.msg_type === "input_request") {
      seen.push(msg);
      future.sendInputReply({ status: "ok", value: answer(msg.content) }, msg.header);
    }
  };
  const reply = await within(future.done, `end of ${code}`);
  return {
    reply,
    seen,
    types: seen.map((m) => m.header.msg_type),
    of: (type) => seen.filter((m) => m.header.msg_type === type).map((m) => m.content),
    text: (stream) =>
      seen.filter((m) => m.header.msg_type === "stream" && m.content.name === stream)
        .map((m) => m.content.text).join(""),
  };
}

const steps = {
  async info(kernel) {
    const info = await within(kernel.info, "kernel_info");
    assert.equal(info.status, "ok");
    assert.ok(info.supported_features.includes("iopub_welcome"), info.supported_features);
    assert.equal(kernel.connectionStatus, "connected");
  },

  async outputs(kernel) {
    const r = await run(kernel, "cat('a\\n'); message('b'); data.frame(x = 1)\nplot(1:3)\n6 * 7");
    assert.equal(r.reply.content.status, "ok");
    assert.equal(r.types[0], "status");
    assert.equal(r.types[1], "execute_input");
    assert.equal(r.types.at(-1), "status");
    assert.equal(r.text("stdout").split("\n")[0], "a");
    assert.equal(r.text("stderr"), "b\n");
    assert.equal(r.of("execute_result").at(-1).data["text/plain"], "[1] 42");
    assert.ok(r.of("display_data").some((c) => "image/png" in c.data));
  },

  async error(kernel) {
    const code = "readline('go? '); stop('no such luck')";
    const first = kernel.requestExecute({ code, allow_stdin: true, stop_on_error: true });
    const asked = new Promise((resolve) => { first.onStdin = (m) => resolve(m.header); });
    const second = kernel.requestExecute({ code: "1", stop_on_error: true });
    let error;
    first.onIOPub = (m) => { if (m.header.msg_type === "error") error = m.content; };
    const question = await within(asked, "the question");
    // This is answered while a cell runs, and then the second cell is there too.
    await within(kernel.requestIsComplete({ code: "f(" }), "is_complete");
    first.sendInputReply({ status: "ok", value: "" }, question);
    assert.equal((await within(first.done, "the failing cell")).content.status, "error");
    assert.match(error.evalue, /no such luck/);
    assert.equal((await within(second.done, "the aborted cell")).content.status, "aborted");
  },

  async questions(kernel) {
    const asked = [];
    const r = await run(kernel, "a <- readline('one? '); b <- readline('two? '); cat(a, b)", {
      answer: ({ prompt }) => { asked.push(prompt); return prompt.slice(0, 3); },
    });
    assert.deepEqual(asked, ["one? ", "two? "]);
    assert.equal(r.text("stdout"), "one two");
    const refused = await run(kernel, "readline('? ')");
    assert.equal(refused.reply.content.status, "error");
  },

  async code(kernel) {
    const completed = await within(kernel.requestComplete({ code: "𝄞 <- 1; seq_alo", cursor_pos: 15 }), "completion");
    assert.deepEqual(completed.content.matches, ["seq_along"]);
    assert.equal(completed.content.cursor_start, 8);
    const inspected = await within(
      kernel.requestInspect({ code: "mean", cursor_pos: 4, detail_level: 0 }), "inspection");
    assert.ok(inspected.content.found && "text/plain" in inspected.content.data);
    const complete = await within(kernel.requestIsComplete({ code: "f(" }), "is_complete");
    assert.equal(complete.content.status, "incomplete");
    const history = await within(kernel.requestHistory(
      { hist_access_type: "tail", n: 2, output: false, raw: true }), "history");
    assert.ok(history.content.history.length > 0);
    const comms = await within(kernel.requestCommInfo({}), "comm_info");
    assert.equal(comms.content.status, "ok");
  },

  // A comm whose target the kernel does not know is closed, not left open.
  async comm(kernel) {
    const comm = kernel.createComm("no.such.target");
    const closed = new Promise((resolve) => { comm.onClose = resolve; });
    comm.open({ x: 1 }, {}, [new Uint8Array([1, 2, 3]).buffer]);
    await within(closed, "comm_close");
  },

  async interrupt(kernel) {
    let started;
    const printed = new Promise((resolve) => { started = resolve; });
    const running = run(kernel, "cat('on\\n'); while (TRUE) {}", {
      onOutput: (m) => { if (m.header.msg_type === "stream") started(); },
    });
    await within(printed, "output");
    await within(kernel.interrupt(), "interrupt");
    assert.equal((await running).reply.content.status, "error");
  },

  // Two tabs of a browser see the same kernel.
  async second(kernel, manager) {
    const other = manager.connectTo({ model: kernel.model, clientId: "another-tab" });
    await within(other.info, "the other's kernel_info");
    const seen = new Promise((resolve) => {
      other.anyMessage.connect((_, { msg, direction }) => {
        if (direction === "recv" && msg.header.msg_type === "stream") resolve(msg.content.text);
      });
    });
    await run(kernel, "cat('for both')");
    assert.equal(await within(seen, "output in the other tab"), "for both");
    const r = await run(other, "cat('and back')");
    assert.equal(r.text("stdout"), "and back");
    other.dispose();
  },

  // 100,000 lines pass the limits of a server as it comes: 1,000 messages and
  // 1 MB a second, over 3 s.
  async lines(kernel) {
    const r = await run(kernel, "for (i in 1:1e5) cat(i, '\\n')");
    assert.equal(r.text("stderr"), "", "the server speaks of its rate limit on stderr");
    let want = "";
    for (let i = 1; i <= 1e5; i++) want += `${i} \n`;
    assert.ok(r.text("stdout") === want, `${r.text("stdout").length} characters came, want ${want.length}`);
  },

  async restart(kernel) {
    await run(kernel, "x <- 1");
    await within(kernel.restart(), "restart");
    const r = await run(kernel, "cat(exists('x'))");
    assert.equal(r.text("stdout"), "FALSE");
    assert.equal(r.reply.content.execution_count, 1);
  },

  async shutdown(kernel) {
    await within(kernel.shutdown(), "shutdown");
    assert.ok(kernel.isDisposed);
  },
};

async function main() {
  const serverSettings = ServerConnection.makeSettings({
    baseUrl, token, wsUrl: baseUrl.replace(/^http/, "ws"), appendToken: true,
  });
  const manager = new KernelManager({ serverSettings });
  const kernel = await within(manager.startNew({ name }), "kernel");
  for (const [step, does] of Object.entries(steps)) {
    const began = Date.now();
    try {
      await does(kernel, manager);
    } catch (err) {
      console.log(JSON.stringify({ step, error: String(err.stack ?? err) }));
      await kernel.shutdown().catch(() => {});
      process.exit(1);
    }
    console.log(JSON.stringify({ step, ms: Date.now() - began }));
  }
  process.exit(0); // its polls would go on
}

main().catch((err) => {
  console.log(JSON.stringify({ step: "start", error: String(err.stack ?? err) }));
  process.exit(1);
});

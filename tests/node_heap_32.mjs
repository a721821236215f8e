// Runs node_heap_32.py and an installed package under the 32-bit MicroPython for WebAssembly:
// node node_heap_32.mjs NODE_MODULES PACKAGE TESTS GIVEN, where GIVEN is Python to run first
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, folder, tests, given] = process.argv.slice(2);
const port = join(modules, "@micropython", "micropython-webassembly-pyscript", "micropython.mjs");
const { loadMicroPython } = await import(pathToFileURL(port));
const lines = [];
const mp = await loadMicroPython({ heapsize: 8 << 20, linebuffer: true, stdout: (line) => lines.push(line) });
const copy = (from, to) => {
  if (!statSync(from).isDirectory()) return mp.FS.writeFile(to, readFileSync(from));
  mp.FS.mkdir(to);
  for (const name of readdirSync(from)) copy(join(from, name), join(to, name));
};
copy(folder, "/lib");
for (const name of ["node_time.py", "node_fakes.py"]) copy(join(tests, name), "/lib/" + name);
// This port collects only between two calls from outside, and what was asked for in one call at the next.
const run = (code) => {
  for (const each of [code, "gc.collect()", "gc.collect()"]) mp.runPython(each);
};
mp.runPython("import gc");
run(given);
run(readFileSync(join(tests, "node_heap_32.py"), "utf8"));
run("count()");
run("load()");
run("count()");
run("boot()");
for (let turn = 0; turn < 60; turn++) {
  run("live()");
  run("count()");
}
run("tell()");
process.stdout.write(lines.join("\n") + "\n");

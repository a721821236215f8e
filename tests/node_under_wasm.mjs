// Runs node_no_allocation.py under the 32-bit MicroPython for WebAssembly:
// node node_under_wasm.mjs NODE_MODULES ROOT READINGS PLANT
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, root, readings, plant] = process.argv.slice(2);
const port = join(modules, "@micropython", "micropython-webassembly-pyscript", "micropython.mjs");
const { loadMicroPython } = await import(pathToFileURL(port));
const lines = [];
const mp = await loadMicroPython({ heapsize: 8 << 20, linebuffer: true, stdout: (line) => lines.push(line) });
const copy = (from, to, names) => {
  for (const name of names) mp.FS.writeFile(join(to, name), readFileSync(join(root, from, name)));
};
for (const folder of ["/lib", "/lib/presscue", "/lib/presscue_node", "/lib/presscue_node/boards"]) mp.FS.mkdir(folder);
copy("host/presscue", "/lib/presscue", ["__init__.py", "wire.py"]);
copy("tests", "/lib", ["node_time.py", "node_fakes.py"]);
for (const folder of ["presscue_node", "presscue_node/boards"]) {
  const sources = readdirSync(join(root, "firmware", folder)).filter((name) => name.endsWith(".py"));
  copy("firmware/" + folder, "/lib/" + folder, sources);
}
mp.runPython(`READINGS = ${readings}\nPLANT = "${plant}"`);
mp.runPython(readFileSync(join(root, "tests/node_no_allocation.py"), "utf8"));
process.stdout.write(lines.join("\n") + "\n");

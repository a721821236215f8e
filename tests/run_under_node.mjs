// Runs a script under MicroPython's WebAssembly port: node run_under_node.mjs NODE_MODULES HOST SCRIPT
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [modules, host, script] = process.argv.slice(2);
const port = join(modules, "@micropython", "micropython-webassembly-pyscript", "micropython.mjs");
const { loadMicroPython } = await import(pathToFileURL(port));
const lines = [];
const mp = await loadMicroPython({ linebuffer: true, stdout: (line) => lines.push(line) });
for (const folder of ["/lib", "/lib/presscue"]) mp.FS.mkdir(folder);
for (const name of ["__init__.py", "wire.py"]) {
  mp.FS.writeFile(`/lib/presscue/${name}`, readFileSync(join(host, "presscue", name)));
}
mp.runPython(readFileSync(script, "utf8"));
process.stdout.write(lines.join("\n") + "\n");

using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "main", worker = .enlarger)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);

const enlarger :Workerd.Worker = (
  compatibilityDate = "2026-01-01",
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "enlarge.js", esModule = embed "enlarge.js"),
    (name = "static.js", esModule = embed "fovea/dist/static.js"),
    (name = "engine.wasm", wasm = embed "fovea/dist/wasm/fovea-simd.wasm"),
    (name = "x2.onnx", data = embed "fovea/dist/models/fovea-x2-fp16.onnx"),
  ],
);

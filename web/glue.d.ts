// Emscripten's glue of the engines without threads, which is the same for each of them: the build
// puts it into the worker's script.
declare module 'fovea-glue' {
  const factory: import('./src/host/module.js').ModuleFactory;
  export default factory;
}

// That of the tools for models.
declare module 'fovea-tools-glue' {
  const factory: import('./src/host/module.js').ModuleFactory<
    import('./src/tools/module.js').ToolsModule
  >;
  export default factory;
}

// That of the quantiser.
declare module 'fovea-quantiser-glue' {
  const factory: import('./src/host/module.js').ModuleFactory<
    import('./src/quantize/module.js').QuantiserModule
  >;
  export default factory;
}

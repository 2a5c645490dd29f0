// The guide's pages, in their order: names of docs/, or paths in the repository that begin with `/`.

export const guide: readonly [title: string, pages: Readonly<Record<string, string>>][] = [
  [
    'Begin',
    {
      'quick-start': 'Quick start',
      'your-model': 'Your own model',
      export: 'Export recipes',
      'convert-back': 'Converting back',
      examples: 'Examples',
    },
  ],
  [
    'Pictures and models',
    {
      pictures: 'Enlarging pictures',
      memory: 'Memory and large pictures',
      inspect: 'Check, inspect, profile',
      metadata: 'Metadata',
      models: 'Models from afar',
      precision: 'Precision',
      quantize: 'Quantise',
      edit: 'Change',
      'custom-operators': 'Custom operators',
      operators: 'Operators',
      '/models/README': "The package's networks",
    },
  ],
  [
    'Where it runs',
    {
      browsers: 'Browsers',
      bundlers: 'Bundlers and frameworks',
      threads: 'Threads and headers',
      node: 'Node',
      'command-line': 'Command line',
      service: 'Service',
    },
  ],
  [
    'Coming from',
    {
      onnxruntime: 'onnxruntime',
      upscalerjs: 'UpscalerJS',
    },
  ],
  [
    'When something is wrong',
    {
      troubleshooting: 'Errors, by code',
      security: 'Security',
      encryption: 'Encrypted models',
    },
  ],
  [
    'How it is made',
    {
      architecture: 'Architecture',
      performance: 'Performance',
      development: 'Development',
      '/training/README': 'Training',
      '/evaluation/README': 'Evaluation',
      '/CHANGELOG': 'Changelog',
    },
  ],
];

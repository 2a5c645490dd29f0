interface Policy {
  createScriptURL(url: string): unknown;
}

interface PolicyFactory {
  defaultPolicy?: unknown;
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): Policy;
}

let policy: Policy | undefined;

/**
 * The address of a script of ours for pages that require Trusted Types: by the policy `fovea`, where
 * they allow it, else by the page's own default policy.
 */
export function trustedScriptUrl(url: string): string {
  const { trustedTypes } = globalThis as { trustedTypes?: PolicyFactory };
  if (!trustedTypes || trustedTypes.defaultPolicy) return url;
  try {
    policy ??= trustedTypes.createPolicy('fovea', { createScriptURL: (given) => given });
    return policy.createScriptURL(url) as string;
  } catch {
    // Where it is neither allowed nor needed, the address does; where it is needed, that fails and says so.
    return url;
  }
}

// From the name in a client's certificate to that of a user: `ssl.principal.mapping.rules` (KIP-371, KIP-547; Kafka's
// SslPrincipalMapper). The first rule that matches the whole name wins; DEFAULT takes it as it is.
//
// Patterns are of RE2, which cannot be made to take long; Java's look-around and back references are not among them.

import { KlammError } from '@klamm/base/errors';
import { RE2JS } from 're2js';

/** Gives the user's name; undefined where no rule is for this one. */
export type PrincipalMapping = (distinguishedName: string) => string | undefined;

const RULE = /\s*(?:(DEFAULT)|RULE:((?:\\.|[^\\/])*)\/((?:\\.|[^\\/])*)\/([LU]?))\s*(?:,|$)/y;

/** Throws KlammError INVALID_CONFIG where the rules are none. */
export function principalMapping(rules: string): PrincipalMapping {
  const text = rules.trim();
  const mappings: PrincipalMapping[] = [];
  for (let at = 0; at < text.length; ) {
    RULE.lastIndex = at;
    const match = RULE.exec(text);
    if (match === null)
      throw wrong(
        `"${text.slice(at)}" is none; write RULE:pattern/replacement/ with L or U behind it, or DEFAULT`,
      );
    const [, isDefault, pattern = '', replacement = '', letters = ''] = match;
    mappings.push(isDefault === undefined ? ruleOf(pattern, replacement, letters) : (name) => name);
    at = RULE.lastIndex;
  }
  return (name) => {
    for (const mapping of mappings) {
      const found = mapping(name);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

function ruleOf(source: string, replacement: string, letters: string): PrincipalMapping {
  let pattern: RE2JS;
  try {
    pattern = RE2JS.compile(source);
  } catch {
    throw wrong(`the pattern "${source}" is not of RE2 (no look-around, no back references)`);
  }
  return (name) => {
    const matcher = pattern.matcher(name);
    if (!matcher.matches()) return undefined;
    const count = matcher.groupCount();
    const result = replacement.replace(
      /\\(.)|\$(\d+)/g,
      (whole, escaped: string | undefined, digits: string) =>
        escaped ?? groupText(whole, digits, count, (group) => matcher.group(group) ?? ''),
    );
    if (letters === 'L') return result.toLowerCase();
    return letters === 'U' ? result.toUpperCase() : result;
  };
}

/** `$12` is the twelfth group, or the first and a 2 where there is no twelfth; without a first it stays as it is. */
function groupText(whole: string, digits: string, count: number, group: (index: number) => string): string {
  for (let length = digits.length; length > 0; length--) {
    const index = Number(digits.slice(0, length));
    if (index <= count) return group(index) + digits.slice(length);
  }
  return whole;
}

function wrong(what: string): KlammError {
  return new KlammError(`ssl.principal.mapping.rules: ${what}.`, {
    code: 'INVALID_CONFIG',
    errorCode: 40,
    retriable: false,
  });
}

/**
 * Finds the mutants of a file with TypeScript's own parser.
 *
 * A rule is about one kind of expression or statement, and knows nothing of this program. Types, imports and names of
 * members are left alone: what changes there, the compiler sees.
 *
 * @module
 */

import ts from "typescript";
import type { Mutant } from "./mutant.ts";

/** A replacement for a part of the tree. */
type Change = readonly [node: ts.Node, replacement: string];

const K = ts.SyntaxKind;

/** Operators, and what stands in for them. */
const OPERATORS: ReadonlyMap<ts.SyntaxKind, string> = new Map([
  [K.EqualsEqualsEqualsToken, "!=="],
  [K.ExclamationEqualsEqualsToken, "==="],
  [K.LessThanToken, "<="],
  [K.LessThanEqualsToken, "<"],
  [K.GreaterThanToken, ">="],
  [K.GreaterThanEqualsToken, ">"],
  [K.PlusToken, "-"],
  [K.MinusToken, "+"],
  [K.AsteriskToken, "/"],
  [K.SlashToken, "*"],
  [K.PercentToken, "*"],
  [K.AmpersandToken, "|"],
  [K.BarToken, "&"],
  [K.CaretToken, "&"],
  [K.LessThanLessThanToken, ">>>"],
  [K.GreaterThanGreaterThanToken, "<<"],
  [K.GreaterThanGreaterThanGreaterThanToken, "<<"],
  [K.AmpersandAmpersandToken, "||"],
  [K.BarBarToken, "&&"],
  [K.PlusEqualsToken, "-="],
  [K.MinusEqualsToken, "+="],
  [K.QuestionQuestionEqualsToken, "="],
]);

/** Methods, and the ones that stand in for them. */
const METHODS: ReadonlyMap<string, string> = new Map([
  ["some", "every"],
  ["every", "some"],
  ["startsWith", "endsWith"],
  ["endsWith", "startsWith"],
  ["indexOf", "lastIndexOf"],
  ["lastIndexOf", "indexOf"],
  ["min", "max"],
  ["max", "min"],
  ["floor", "ceil"],
  ["ceil", "floor"],
  ["push", "unshift"],
  ["unshift", "push"],
  ["toLowerCase", "toUpperCase"],
  ["toUpperCase", "toLowerCase"],
]);

/** Methods that return what they are called on, or a part of it: left out. */
const OMISSIBLE: ReadonlySet<string> = new Set([
  "filter",
  "slice",
  "subarray",
  "trim",
  "trimEnd",
  "trimStart",
  "replace",
  "replaceAll",
  "toSorted",
  "toReversed",
  "toLowerCase",
  "concat",
]);

/** Returns all mutants of a file, in the order of the text. */
export function findMutants(path: string, text: string): Mutant[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TS);
  const mutants: Mutant[] = [];

  function visit(node: ts.Node): void {
    if (isLeftAlone(node)) return;
    for (const [replaced, replacement] of changesOf(node, source)) {
      const start = replaced.getStart(source);
      mutants.push({
        path,
        start,
        end: replaced.getEnd(),
        line: source.getLineAndCharacterOfPosition(start).line + 1,
        replacement,
      });
    }
    ts.forEachChild(node, visit);
  }
  visit(source);
  return mutants.sort((a, b) => a.start - b.start || a.end - b.end);
}

function isLeftAlone(node: ts.Node): boolean {
  return ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isExportDeclaration(node) ||
    ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);
}

function changesOf(node: ts.Node, source: ts.SourceFile): Change[] {
  if (ts.isBinaryExpression(node)) return changesOfBinary(node, source);
  if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) {
    return changesOfUnary(node, source);
  }
  if (ts.isCallExpression(node)) return changesOfCall(node, source);
  if (ts.isIfStatement(node)) return constants(node.expression);
  if (ts.isConditionalExpression(node)) return constants(node.condition);
  if (ts.isWhileStatement(node) || ts.isDoStatement(node)) {
    return node.expression.kind === K.TrueKeyword ? [] : [[node.expression, "false"]];
  }
  if (ts.isForStatement(node)) return node.condition === undefined ? [] : [[node.condition, "false"]];
  if (ts.isExpressionStatement(node)) return isOmissible(node.expression) ? [[node, ";"]] : [];
  if (ts.isContinueStatement(node) || ts.isBreakStatement(node) || ts.isThrowStatement(node)) {
    return [[node, ";"]];
  }
  if (ts.isReturnStatement(node)) return node.expression === undefined ? [[node, ";"]] : [];
  if (ts.isSpreadAssignment(node)) return [[node.expression, "{}"]];
  return changesOfLiteral(node, source);
}

/** A condition that always holds, and one that never does. */
function constants(condition: ts.Expression): Change[] {
  return [[condition, "true"], [condition, "false"]];
}

function changesOfBinary(node: ts.BinaryExpression, source: ts.SourceFile): Change[] {
  const { left, operatorToken, right } = node;
  if (operatorToken.kind === K.QuestionQuestionToken) {
    return [[node, left.getText(source)], [node, right.getText(source)]];
  }
  const other = OPERATORS.get(operatorToken.kind);
  return other === undefined ? [] : [[operatorToken, other]];
}

function changesOfUnary(
  node: ts.PrefixUnaryExpression | ts.PostfixUnaryExpression,
  source: ts.SourceFile,
): Change[] {
  const operand = node.operand.getText(source);
  if (node.operator === K.ExclamationToken || node.operator === K.TildeToken) return [[node, operand]];
  // A literal below zero changes as a literal does.
  if (node.operator === K.MinusToken) return ts.isNumericLiteral(node.operand) ? [] : [[node, operand]];
  if (node.operator !== K.PlusPlusToken && node.operator !== K.MinusMinusToken) return [];
  const other = node.operator === K.PlusPlusToken ? "--" : "++";
  return [[node, ts.isPrefixUnaryExpression(node) ? other + operand : operand + other]];
}

function changesOfCall(node: ts.CallExpression, source: ts.SourceFile): Change[] {
  if (!ts.isPropertyAccessExpression(node.expression)) return [];
  const { name, expression } = node.expression;
  const changes: Change[] = [];
  const other = METHODS.get(name.text);
  if (other !== undefined) changes.push([name, other]);
  if (OMISSIBLE.has(name.text)) changes.push([node, expression.getText(source)]);
  return changes;
}

/** Reports whether a statement is there for what it does, and can be left out without a loss of names. */
function isOmissible(expression: ts.Expression): boolean {
  if (ts.isAwaitExpression(expression)) return isOmissible(expression.expression);
  if (ts.isCallExpression(expression)) return expression.expression.kind !== K.SuperKeyword;
  return ts.isBinaryExpression(expression) && ts.isPropertyAccessExpression(expression.left);
}

function changesOfLiteral(node: ts.Node, source: ts.SourceFile): Change[] {
  if (node.kind === K.TrueKeyword) return [[node, "false"]];
  if (node.kind === K.FalseKeyword) return [[node, "true"]];
  if (ts.isRegularExpressionLiteral(node)) return changesOfPattern(node, source);
  if (!isValue(node)) return [];
  if (ts.isNumericLiteral(node)) return [[node, String(Number(node.text) + 1)]];
  if (ts.isStringLiteral(node)) return [[node, node.text === "" ? '"mutant"' : '""']];
  return [];
}

/** Reports whether a literal is a value of the program, and not the name of a member. */
function isValue(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isSourceFile(node)) return false;
  return !(ts.isPropertyAssignment(parent) && parent.name === node) && !ts.isEnumMember(parent);
}

/** A pattern without its anchors, and without its flags. */
function changesOfPattern(node: ts.RegularExpressionLiteral, source: ts.SourceFile): Change[] {
  const text = node.getText(source);
  const [, body = "", flags = ""] = /^\/(.*)\/(\w*)$/s.exec(text) ?? [];
  const changes: Change[] = [];
  if (body.startsWith("^")) changes.push([node, `/${body.slice(1)}/${flags}`]);
  if (/(?<!\\)\$$/.test(body)) changes.push([node, `/${body.slice(0, -1)}/${flags}`]);
  if (flags.includes("i")) changes.push([node, `/${body}/${flags.replace("i", "")}`]);
  return changes;
}

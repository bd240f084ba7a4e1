import ts from 'typescript';

/** One small change to a source file: the text from `start` to `end` becomes `text`. */
export interface Mutant {
  file: string;
  line: number;
  start: number;
  end: number;
  text: string;
}

const OPERATORS: Partial<Record<ts.SyntaxKind, string>> = {
  [ts.SyntaxKind.LessThanToken]: '<=',
  [ts.SyntaxKind.LessThanEqualsToken]: '<',
  [ts.SyntaxKind.GreaterThanToken]: '>=',
  [ts.SyntaxKind.GreaterThanEqualsToken]: '>',
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: '!==',
  [ts.SyntaxKind.ExclamationEqualsEqualsToken]: '===',
  [ts.SyntaxKind.AmpersandAmpersandToken]: '||',
  [ts.SyntaxKind.BarBarToken]: '&&',
  [ts.SyntaxKind.PlusToken]: '-',
  [ts.SyntaxKind.MinusToken]: '+',
};

/** What only tells people something is no behaviour that a test must hold. */
const TOLD = /logger|Logger|Error\(|^import |^@/;

/** Every mutant of a TypeScript file: operators, conditions, negations, calls left out, least and most. */
export function mutantsOf(file: string, source: string): Mutant[] {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true);
  const mutants: Mutant[] = [];
  const add = (node: ts.Node, text: string) => {
    const start = node.getStart(tree);
    const line = tree.getLineAndCharacterOfPosition(start).line + 1;
    mutants.push({ file, line, start, end: node.end, text });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isDecorator(node)) return;
    if (TOLD.test(node.getText(tree)) && (ts.isExpressionStatement(node) || ts.isThrowStatement(node)))
      return;
    if (ts.isBinaryExpression(node)) {
      const other = OPERATORS[node.operatorToken.kind];
      const isText = /['"`]/.test(node.getText(tree)) && node.operatorToken.kind === ts.SyntaxKind.PlusToken;
      if (other && !isText) add(node.operatorToken, other);
    }
    if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken)
      add(node, node.operand.getText(tree));
    if (ts.isIfStatement(node)) add(node.expression, 'false');
    if (ts.isConditionalExpression(node)) add(node.condition, `!(${node.condition.getText(tree)})`);
    if (ts.isExpressionStatement(node)) add(node, ';');
    if (ts.isPropertyAccessExpression(node) && node.getText(tree) === 'Math.min') add(node, 'Math.max');
    if (ts.isPropertyAccessExpression(node) && node.getText(tree) === 'Math.max') add(node, 'Math.min');
    if (node.kind === ts.SyntaxKind.TrueKeyword) add(node, 'false');
    if (node.kind === ts.SyntaxKind.FalseKeyword) add(node, 'true');
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return mutants;
}

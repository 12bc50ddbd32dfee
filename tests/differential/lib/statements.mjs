// Random statements of PartiQL, valid and not.

import { NAMES } from './generate.mjs';

const TYPES = ['MISSING', 'NULL', 'BOOLEAN', 'BLOB', 'STRING', 'NUMERIC', 'STRUCT', 'TUPLE', 'LIST'];

/** An attribute value as a literal; undefined when there is none for it. */
function literal(value) {
  const [[type, held]] = Object.entries(value);
  const all = (values) => {
    const texts = values.map(literal);
    return texts.includes(undefined) ? undefined : texts.join(', ');
  };
  const within = (open, inner, close) => (inner === undefined ? undefined : `${open}${inner}${close}`);
  switch (type) {
    case 'S':
      return `'${held.replaceAll("'", "''")}'`;
    case 'N':
      return held.replace(/^(-?)0+(?=\d)/, '$1');
    case 'BOOL':
      return String(held);
    case 'NULL':
      return 'null';
    case 'SS':
      return within('<<', all(held.map((S) => ({ S }))), '>>');
    case 'NS':
      return within('<<', all(held.map((N) => ({ N }))), '>>');
    case 'L':
      return within('[', all(held), ']');
    case 'M': {
      const members = Object.entries(held).map(([name, one]) => [name, literal(one)]);
      const texts = members.map(([name, text]) => (text === undefined ? undefined : `'${name}': ${text}`));
      return within('{', texts.includes(undefined) ? undefined : texts.join(', '), '}');
    }
    default:
      return undefined;
  }
}

export class Statements {
  constructor(generator) {
    this.generator = generator;
  }

  get random() {
    return this.generator.random;
  }

  /** A value: as a literal, or as a parameter when it has none. */
  value(parameters, value) {
    const text = this.random.chance(75) ? literal(value) : undefined;
    if (text !== undefined) return text;
    parameters.push(value);
    return '?';
  }

  operand(parameters) {
    return this.random.chance(15) ? this.generator.path() : this.value(parameters, this.generator.value(1));
  }

  condition(parameters, depth = 0) {
    const { random, generator } = this;
    if (depth < 2 && random.chance(25)) {
      const word = random.pick(['AND', 'OR']);
      return `(${this.condition(parameters, depth + 1)} ${word} ${this.condition(parameters, depth + 1)})`;
    }
    if (depth < 2 && random.chance(10)) return `NOT ${this.condition(parameters, depth + 1)}`;
    const path = generator.path();
    const not = random.chance(20) ? 'NOT ' : '';
    switch (random.below(9)) {
      case 0:
        return `${path} IS ${not}${random.pick(TYPES)}`;
      case 1:
        return `attribute_type(${path}, '${random.pick(['S', 'N', 'SS', 'L', 'M', 'BOOL', 'X'])}')`;
      case 2:
        return `begins_with(${path}, ${this.operand(parameters)})`;
      case 3:
        return `contains(${path}, ${this.operand(parameters)})`;
      case 4:
        return `${path} ${not}BETWEEN ${this.operand(parameters)} AND ${this.operand(parameters)}`;
      case 5: {
        const [open, close] = random.pick([
          ['[', ']'],
          ['(', ')'],
        ]);
        return `${path} ${not}IN ${open}${this.operand(parameters)}, ${this.operand(parameters)}${close}`;
      }
      case 6:
        return `size(${path}) ${random.pick(['<', '>', '='])} ${this.operand(parameters)}`;
      case 7:
        return `attribute_exists(${path})${random.pick(['', ' = true', ' = false', ' <> true'])}`;
      default:
        return `${path} ${random.pick(['=', '<>', '<', '<=', '>', '>='])} ${this.operand(parameters)}`;
    }
  }

  /** Equalities on the key of an item. */
  pinned(table, parameters) {
    return Object.entries(this.generator.key(table))
      .map(([name, value]) => `${name} = ${this.value(parameters, value)}`)
      .join(' AND ');
  }

  more(parameters, percent = 40) {
    return this.random.chance(percent) ? ` AND ${this.condition(parameters)}` : '';
  }

  /** What a SELECT asks of keys: one partition, several, or none. */
  keys(hash, range, parameters) {
    const { random } = this;
    const name = () => `'${hash === 'a' ? 'a' : 'p'}${random.below(4)}'`;
    const number = () => random.below(8);
    const sort = () =>
      random.pick([
        '',
        ` AND ${range} ${random.pick(['=', '<', '<=', '>', '>='])} ${number()}`,
        ` AND ${range} BETWEEN ${number()} AND ${number()}`,
        ` AND ${range} > ${number()} AND ${range} < ${number()}`,
        ` AND ${range} IN (${number()}, ${number()})`,
      ]);
    switch (random.below(6)) {
      case 0:
        return `${hash} IN (${name()}, ${name()})${sort()}`;
      case 1:
        return `${hash} = ${name()}${sort()} OR ${hash} = ${name()}${sort()}`;
      case 2:
        return this.condition(parameters);
      default:
        return `${hash} = ${name()}${sort()}`;
    }
  }

  select(parameters, input) {
    const { random, generator } = this;
    const columns = random.pick(['*', '*', 'pk, sk', `${generator.path()}, x`, `m.x, l[0]`, 's, a, n']);
    if (random.chance(25)) {
      const condition = random.chance(60) ? this.pinned('plain', parameters) : this.condition(parameters);
      return `SELECT ${columns} FROM plain WHERE ${condition}`;
    }
    const index = random.chance(25)
      ? random.pick(['local', 'global', random.chance(10) ? 'none' : 'global'])
      : '';
    const [hash, range] = index === 'global' ? ['a', 'n'] : ['pk', index === 'local' ? 'n' : 'sk'];
    const keys = this.keys(hash, range, parameters);
    const plain = keys.startsWith(`${hash} = `) && !keys.includes(' OR ');
    const more = plain ? this.more(parameters, 30) : '';
    const order = plain && !index && random.chance(20) ? ` ORDER BY sk ${random.pick(['ASC', 'DESC'])}` : '';
    if (plain && !index && random.chance(20)) input.Limit = 1 + random.below(4);
    if (index !== 'global' && random.chance(20)) input.ConsistentRead = true;
    return `SELECT ${columns} FROM sorted${index && `."${index}"`} WHERE ${keys}${more}${order}`;
  }

  insert(parameters) {
    const table = this.generator.table();
    // Names are keywords to nobody, so that only the values decide.
    const members = Object.entries(this.generator.item(table)).map(
      ([name, value]) => `'${name}': ${this.value(parameters, value)}`,
    );
    return `INSERT INTO ${this.named(table)} VALUE {${members.join(', ')}}`;
  }

  named(table) {
    return table === 'missing' ? '"missing"' : table;
  }

  update(parameters, returning = true) {
    const { random, generator } = this;
    const table = generator.table();
    const source = (path) => {
      switch (random.below(6)) {
        case 0:
          return `${generator.path()} ${random.pick(['+', '-'])} ${random.below(9)}`;
        case 1:
          return `list_append(${generator.path()}, [${random.below(9)}])`;
        case 2:
          return `${random.pick(['set_add', 'set_delete'])}(${path}, <<'a', 'd'>>)`;
        default:
          return this.value(parameters, generator.value());
      }
    };
    const set = () => {
      const path = generator.path();
      return `${path} = ${source(path)}`;
    };
    const clauses = [];
    if (random.chance(80)) clauses.push(`SET ${Array.from({ length: 1 + random.below(2) }, set).join(', ')}`);
    if (random.chance(20)) clauses.push(`SET ${set()}`);
    if (!clauses.length || random.chance(25)) clauses.push(`REMOVE ${generator.path()}`);
    const end =
      returning && random.chance(50)
        ? ` RETURNING ${random.pick(['ALL', 'MODIFIED'])} ${random.pick(['OLD', 'NEW'])} *`
        : '';
    return `UPDATE ${this.named(table)} ${clauses.join(' ')} WHERE ${this.pinned(table, parameters)}${this.more(parameters)}${end}`;
  }

  delete(parameters, returning = true) {
    const table = this.generator.table();
    const end = returning && this.random.chance(30) ? ' RETURNING ALL OLD *' : '';
    return `DELETE FROM ${this.named(table)} WHERE ${this.pinned(table, parameters)}${this.more(parameters)}${end}`;
  }

  /** A statement with something left out or put in. */
  broken(statement) {
    const { random } = this;
    const words = statement.split(' ');
    const at = random.below(words.length);
    if (random.chance(60)) words.splice(at, 1);
    else
      words.splice(
        at,
        0,
        random.pick(['AND', '(', ')', ',', 'WHERE', '=', "'x'", 'NOT', 'SET', 'FROM', '1']),
      );
    return words.join(' ');
  }

  statement(kinds) {
    const { random } = this;
    const parameters = [];
    const input = {};
    let made = this[random.pick(kinds)](parameters, input);
    if (random.chance(4)) made = this.broken(made);
    if (random.chance(2) && parameters.length) parameters.pop();
    if (parameters.length) input.Parameters = parameters;
    if (random.chance(20)) input.ReturnValuesOnConditionCheckFailure = 'ALL_OLD';
    return { Statement: made, ...input };
  }

  ExecuteStatement() {
    return this.statement(['select', 'select', 'select', 'insert', 'update', 'update', 'delete']);
  }

  /** Of one item each. */
  single(parameters) {
    const table = this.generator.table();
    return `SELECT * FROM ${this.named(table)} WHERE ${this.pinned(table, parameters)}${this.more(parameters, 5)}`;
  }

  exists(parameters) {
    const table = this.generator.table();
    return `EXISTS(SELECT * FROM ${this.named(table)} WHERE ${this.pinned(table, parameters)} AND ${this.condition(parameters)})`;
  }

  changed(parameters) {
    return this.random.chance(60) ? this.update(parameters, false) : this.delete(parameters, false);
  }

  several(reads, writes) {
    const { random } = this;
    const kinds = random.chance(30) ? reads : random.chance(3) ? [...reads, ...writes] : writes;
    return Array.from({ length: 1 + random.below(3) }, () => {
      const { ConsistentRead: _, Limit: __, ...statement } = this.statement(kinds);
      return statement;
    });
  }

  BatchExecuteStatement() {
    return { Statements: this.several(['single'], ['insert', 'update', 'delete']) };
  }

  ExecuteTransaction() {
    return {
      TransactStatements: this.several(
        ['single'],
        this.generator.exists ? ['insert', 'changed', 'exists'] : ['insert', 'changed'],
      ),
    };
  }
}

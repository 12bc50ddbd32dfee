//! WHERE: to the program that conditions of requests are, too.

use super::lexer::TokenKind;
use super::parser::{Outcome, Parser, malformed, problem, refuse_at, said};
use crate::expression::{Comparator, Condition, Op, Operand, Problem, Test};
use crate::item::{Kind, ValueRef, View};

/// The most operators and functions of one WHERE.
const MAX_OPERATORS: usize = 300;

/// What was read: an operand, or tests, which are in the program by then.
enum Got {
    Operand(Operand),
    Tests,
}

static COMPARATORS: [(&str, Comparator); 7] = [
    ("=", Comparator::Eq),
    ("<>", Comparator::Ne),
    ("!=", Comparator::Ne),
    ("<", Comparator::Lt),
    ("<=", Comparator::Le),
    (">", Comparator::Gt),
    (">=", Comparator::Ge),
];

/// Types by the name IS has for them.
static TYPES: [(&str, Kind); 9] = [
    ("NULL", Kind::Null),
    ("BOOLEAN", Kind::Bool),
    ("BOOL", Kind::Bool),
    ("BLOB", Kind::B),
    ("STRING", Kind::S),
    ("NUMERIC", Kind::N),
    ("STRUCT", Kind::M),
    ("TUPLE", Kind::M),
    ("LIST", Kind::L),
];

impl Parser<'_> {
    /// The WHERE clause, if there is one.
    pub fn condition(&mut self) -> Outcome {
        if !self.eat("WHERE") {
            return Ok(());
        }
        let got = self.any()?;
        self.tests(&got)?;
        if self.operators > MAX_OPERATORS {
            return problem(Problem::TooManyOperators(self.operators));
        }
        self.made.condition = Some(Condition::new(std::mem::take(&mut self.code)));
        Ok(())
    }

    fn tests(&self, got: &Got) -> Outcome {
        match got {
            Got::Tests => Ok(()),
            Got::Operand(_) if self.is_arithmetic() => no_operator(self.word()),
            Got::Operand(_) => said("WHERE clause must contain an expression that resolves to a boolean", ""),
        }
    }

    fn is_arithmetic(&self) -> bool {
        self.one_of(&["+", "-", "*", "/", "%", "|", "LIKE"]).is_some()
    }

    /// Tests joined by OR.
    fn any(&mut self) -> Outcome<Got> {
        self.joined("OR", Op::Or, |parser| parser.joined("AND", Op::And, Self::negated))
    }

    fn joined(
        &mut self,
        word: &str,
        jump: fn(usize) -> Op<Test>,
        part: fn(&mut Self) -> Outcome<Got>,
    ) -> Outcome<Got> {
        let mut got = part(self)?;
        while self.is(word) {
            self.tests(&got)?;
            self.infix()?;
            let at = self.code.len();
            self.code.push(jump(0));
            got = part(self)?;
            self.tests(&got)?;
            let end = self.code.len();
            if let Some(op) = self.code.get_mut(at) {
                *op = jump(end);
            }
        }
        Ok(got)
    }

    /// Steps over an operator that must have something behind it.
    fn infix(&mut self) -> Outcome {
        self.bump();
        self.operators += 1;
        if self.kind() == TokenKind::End {
            return malformed("Missing right-hand side expression of infix operator");
        }
        Ok(())
    }

    fn negated(&mut self) -> Outcome<Got> {
        let mut negations = 0;
        while self.eat("NOT") {
            negations += 1;
        }
        self.operators += negations;
        let got = self.predicate()?;
        if negations > 0 {
            self.tests(&got)?;
            self.negate(negations % 2 == 1);
        }
        Ok(got)
    }

    fn negate(&mut self, negated: bool) {
        if negated {
            self.code.push(Op::Not);
        }
    }

    fn test(&mut self, test: Test, negated: bool) -> Got {
        self.code.push(Op::Test(test));
        self.negate(negated);
        Got::Tests
    }

    fn predicate(&mut self) -> Outcome<Got> {
        let first = self.operand()?;
        if let Some((_, comparator)) = COMPARATORS.iter().find(|(sign, _)| self.is(sign)) {
            self.infix()?;
            let second = self.operand()?;
            return self.compared(*comparator, first, second);
        }
        let Got::Operand(first) = first else { return Ok(first) };
        if self.is("IS") {
            self.infix()?;
            let negated = self.eat("NOT");
            return self.is_type(first, negated);
        }
        let negated = self.eat("NOT");
        if self.is("BETWEEN") {
            self.infix()?;
            let lower = self.plain_operand()?;
            self.expect("AND")?;
            let upper = self.plain_operand()?;
            return Ok(self.test(Test::between(first, lower, upper)?, negated));
        }
        if self.is("IN") {
            self.infix()?;
            let end = if self.eat("[") { "]" } else { ")" };
            if end == ")" {
                self.expect("(")?;
            }
            let mut list = vec![self.plain_operand()?];
            while self.eat(",") {
                list.push(self.plain_operand()?);
            }
            self.expect(end)?;
            return Ok(self.test(Test::among(first, list)?, negated));
        }
        if negated { self.unexpected() } else { Ok(Got::Operand(first)) }
    }

    fn compared(&mut self, comparator: Comparator, first: Got, second: Got) -> Outcome<Got> {
        let value = match (first, second) {
            (Got::Operand(a), Got::Operand(b)) => {
                if self.is_arithmetic() {
                    return no_operator(self.word());
                }
                return Ok(self.test(Test::compare(comparator, a, b)?, false));
            }
            (Got::Operand(value), Got::Tests) | (Got::Tests, Got::Operand(value)) => value,
            (Got::Tests, Got::Tests) => return no_operator(comparator.sign()),
        };
        // Tests may be compared with what they give.
        let view = if let Operand::Value(value) = &value {
            ValueRef::first(value).and_then(ValueRef::view)
        } else {
            None
        };
        match (comparator, view) {
            (Comparator::Eq, Some(View::Bool(wanted))) => self.negate(!wanted),
            (Comparator::Ne, Some(View::Bool(unwanted))) => self.negate(unwanted),
            _ => return no_operator(comparator.sign()),
        }
        Ok(Got::Tests)
    }

    fn is_type(&mut self, operand: Operand, negated: bool) -> Outcome<Got> {
        if self.kind() != TokenKind::Word {
            return self.unexpected();
        }
        let Operand::Path(path) = operand else { return problem(Problem::NeedsPath("IS")) };
        let test = if self.is("MISSING") {
            Test::NotExists(path)
        } else if let Some((_, kind)) = TYPES.iter().find(|(name, _)| self.is(name)) {
            Test::IsType(path, *kind)
        } else {
            let supported = ". Supported data types are [MISSING, NULL, BOOLEAN, BLOB, STRING, NUMERIC, STRUCT, TUPLE, LIST]";
            return self.refuse(
                "Unsupported data type for IS operator: ",
                &(self.word().to_ascii_uppercase() + supported),
            );
        };
        self.bump();
        Ok(self.test(test, negated))
    }

    /// An operand that is not a test.
    fn plain_operand(&mut self) -> Outcome<Operand> {
        match self.operand()? {
            Got::Operand(operand) => Ok(operand),
            Got::Tests => malformed("Unexpected term"),
        }
    }

    fn operand(&mut self) -> Outcome<Got> {
        if self.kind() == TokenKind::Word && self.second_is("(") && !self.is("NOT") && !self.is("EXISTS") {
            return self.call();
        }
        if self.eat("(") {
            self.enter()?;
            let got = self.any()?;
            self.expect(")")?;
            self.leave();
            return Ok(got);
        }
        if self.is("EXISTS") {
            return said("EXISTS can only be used in ExecuteTransaction write requests.", "");
        }
        if let Some(value) = self.value()? {
            return Ok(Got::Operand(Operand::Value(value)));
        }
        let path = self.path()?.ok_or_else(|| self.misplaced())?;
        Ok(Got::Operand(Operand::Path(path)))
    }

    fn call(&mut self) -> Outcome<Got> {
        let name = self.word().to_ascii_lowercase();
        let place = self.place();
        self.bump();
        self.bump();
        self.enter()?;
        self.operators += 1;
        let mut list = vec![self.plain_operand()?];
        while self.eat(",") {
            list.push(self.plain_operand()?);
        }
        self.expect(")")?;
        self.leave();
        if name == "size" {
            let count = list.len();
            return match list.pop().filter(|_| count == 1) {
                Some(only) => Ok(Got::Operand(Operand::size_of(only)?)),
                None => problem(Problem::OperandCount("size", count)),
            };
        }
        match Test::call(&name, list) {
            Ok(test) => Ok(self.test(test, false)),
            Err(unknown) if matches!(*unknown, Problem::UnknownFunction(_)) => {
                refuse_at("Unrecognized function: ", &name, place)
            }
            Err(problem) => Err(problem.into()),
        }
    }
}

fn no_operator<T>(sign: &str) -> Outcome<T> {
    said("Unsupported operator in Condition Expression. Operator: ", &sign.to_ascii_lowercase())
}

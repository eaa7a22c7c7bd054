package parse

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
)

// maxDigits is the precision of DECIMAL.
const maxDigits = 38

// numberLit makes the literal of a number token; at is the minus if there is
// one. An impossible number is reported and the statement goes on.
func (p *parser) numberLit(t *token, at diag.Pos, negative bool) ast.Expr {
	text := strings.ReplaceAll(t.text, "_", "")
	sign := ""
	if negative {
		sign = "-"
	}
	switch t.kind {
	case tInt:
		v, _ := new(big.Int).SetString(sign+text, 0)
		if !strings.HasPrefix(strings.ToLower(text), "0x") {
			v, _ = new(big.Int).SetString(sign+text, 10)
		}
		if v.IsInt64() {
			return &ast.IntLit{Place: ast.At(at), Text: sign + t.text, Value: v.Int64()}
		}
		return p.decimalLit(at, v.String())
	case tDecimal:
		return p.decimalLit(at, sign+text)
	}
	v, err := strconv.ParseFloat(sign+text, 64)
	mantissa := strings.ToLower(text)
	mantissa = mantissa[:strings.IndexByte(mantissa, 'e')]
	if err != nil || v == 0 && strings.Trim(mantissa, "0.") != "" {
		p.report(diag.Errorf(diag.Literal, p.name, at, "number %s is out of the range of DOUBLE", sign+t.text))
		return &ast.BadExpr{Place: ast.At(at)}
	}
	return &ast.DoubleLit{Place: ast.At(at), Text: sign + t.text, Value: v}
}

func (p *parser) decimalLit(at diag.Pos, text string) ast.Expr {
	sign := ""
	if strings.HasPrefix(text, "-") {
		sign, text = "-", text[1:]
	}
	whole, frac, _ := strings.Cut(text, ".")
	whole = strings.TrimLeft(whole, "0")
	precision := max(len(whole)+len(frac), 1)
	if precision > maxDigits {
		p.report(diag.Errorf(diag.Literal, p.name, at, "number has %d digits, DECIMAL has %d", precision, maxDigits).
			WithHint("an exponent makes it a DOUBLE: %s", "1.5e0"))
		return &ast.BadExpr{Place: ast.At(at)}
	}
	if whole == "" {
		whole = "0"
	}
	text = sign + whole
	if frac != "" {
		text += "." + frac
	} else {
		text += "."
	}
	return &ast.DecimalLit{Place: ast.At(at), Text: strings.TrimSuffix(text, "."), Precision: precision, Scale: len(frac)}
}

// intLit reads a non-negative integer that fits 64 bits.
func (p *parser) intLit(what string) *ast.IntLit {
	t := p.cur()
	if t.kind != tInt {
		if t.op("-") && p.peek(1).isNumber() {
			p.failf(diag.Value, t.pos, "", "%s must not be negative", what)
			return nil
		}
		p.unexpected(what + " as an integer")
		return nil
	}
	p.i++
	lit, ok := p.numberLit(t, t.pos, false).(*ast.IntLit)
	if !ok {
		p.failf(diag.Literal, t.pos, "", "%s %s is beyond 64 bits", what, t.text)
		return nil
	}
	return lit
}

// stringLit reads a string.
func (p *parser) stringLit(what string) *ast.StringLit {
	t := p.cur()
	if t.kind != tString {
		if t.kind == tQuoted && t.quote == '"' {
			p.failf(diag.Syntax, t.pos, "strings stand in '…'", "expected %s, found a quoted name", what)
		} else {
			p.unexpected(what)
		}
		return &ast.StringLit{Place: ast.At(t.pos)}
	}
	p.i++
	return &ast.StringLit{Place: ast.At(t.pos), Value: t.text}
}

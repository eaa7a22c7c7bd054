package agg

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/velostream/velo/arrowexec/vec"
)

func percentiles() []*Func {
	sortable := func(name string, t arrow.DataType) error {
		if k := vec.KindOf(t); isNested(k) {
			return fmt.Errorf("%s of %s is not possible, it has no order", name, k)
		}
		return nil
	}
	needFraction := func(name string, args []arrow.DataType, consts []*vec.Vec) error {
		if _, ok := fraction(args, consts, 1); !ok {
			return fmt.Errorf("the fraction of %s must be a constant from 0 to 1", name)
		}
		return nil
	}
	cont := Overload{Args: params(2), Type: func(args []arrow.DataType, consts []*vec.Vec) (arrow.DataType, error) {
		if err := needFraction("PERCENTILE_CONT", args, consts); err != nil {
			return nil, err
		}
		return vec.TypeFloat64, needNumber("PERCENTILE_CONT", args[0])
	}, New: func(args []arrow.DataType, consts []*vec.Vec) State {
		p, _ := fraction(args, consts, 1)
		return newKeeper(args, 1, percentileCont(p, args[0]))
	}}
	return []*Func{
		{Name: "MEDIAN", Signature: "MEDIAN(x)", Doc: "The middle value, or the mean of the middle two.",
			Example: "SELECT MEDIAN(x) FROM (VALUES (1), (2), (4), (9)) t(x)", Result: "3",
			Overloads: []Overload{{Args: anyArg, Type: func(args []arrow.DataType, _ []*vec.Vec) (arrow.DataType, error) {
				if d, ok := args[0].(*arrow.Decimal128Type); ok {
					return vec.DecimalType(38, max(6, d.Scale)), nil
				}
				return vec.TypeFloat64, needNumber("MEDIAN", args[0])
			}, New: func(args []arrow.DataType, _ []*vec.Vec) State {
				if vec.KindOf(args[0]) == vec.Decimal {
					return newKeeper(args, 1, medianDecimal(args[0]))
				}
				return newKeeper(args, 1, percentileCont(0.5, args[0]))
			}}}},
		{Name: "PERCENTILE_CONT", Aliases: []string{"APPROX_PERCENTILE"}, Signature: "PERCENTILE_CONT(x, p)",
			Doc:     "Value at fraction p of the sorted values, interpolated; exact. WITHIN GROUP (ORDER BY x) is the same with p first.",
			Example: "SELECT PERCENTILE_CONT(x, 0.25) FROM (VALUES (1), (2), (3)) t(x)", Result: "1.5", Overloads: []Overload{cont}},
		{Name: "PERCENTILE_DISC", Signature: "PERCENTILE_DISC(x, p)", Doc: "First of the sorted values at or after fraction p.",
			Example: "SELECT PERCENTILE_DISC(x, 0.5) FROM (VALUES (1), (2), (3), (4)) t(x)", Result: "2",
			Overloads: []Overload{{Args: append(params(2), Param{Kind: vec.Bool}), Optional: 1, Type: func(args []arrow.DataType, consts []*vec.Vec) (arrow.DataType, error) {
				if len(args) > 2 && constant(consts, 2) == nil {
					return nil, fmt.Errorf("the direction of PERCENTILE_DISC must be TRUE (descending) or FALSE")
				}
				if err := needFraction("PERCENTILE_DISC", args, consts); err != nil {
					return nil, err
				}
				return args[0], sortable("PERCENTILE_DISC", args[0])
			}, New: func(args []arrow.DataType, consts []*vec.Vec) State {
				p, _ := fraction(args, consts, 1)
				desc := constant(consts, 2)
				return newKeeper(args, 1, percentileDisc(p, desc != nil && desc.BoolAt(0)))
			}}}},
		{Name: "MODE", Signature: "MODE(x)", Doc: "The most frequent value, the least of a tie.",
			Example: "SELECT MODE(x) FROM (VALUES (1), (2), (2)) t(x)", Result: "2",
			Overloads: []Overload{{Args: anyArg, Type: func(args []arrow.DataType, _ []*vec.Vec) (arrow.DataType, error) {
				return args[0], sortable("MODE", args[0])
			}, New: func(args []arrow.DataType, _ []*vec.Vec) State { return newKeeper(args, 1, mode) }}}},
		{Name: "TOP_K", Signature: "TOP_K(x, k)", Doc: "The k greatest values as an ARRAY, descending.",
			Example: "SELECT TOP_K(x, 2) FROM (VALUES (1), (3), (2)) t(x)", Result: "[3,2]",
			Overloads: []Overload{{Args: params(2), Type: func(args []arrow.DataType, consts []*vec.Vec) (arrow.DataType, error) {
				c := constant(consts, 1)
				if c == nil || !isInteger(c.Kind) || c.Int64At(0) < 1 || c.Int64At(0) > 1<<31-1 {
					return nil, fmt.Errorf("the k of TOP_K must be a constant integer above 0")
				}
				return arrow.ListOf(args[0]), sortable("TOP_K", args[0])
			}, New: func(args []arrow.DataType, consts []*vec.Vec) State {
				return newKeeper(args, 1, topK(int(constant(consts, 1).Int64At(0))))
			}}}},
	}
}

func statistics() []*Func {
	type value = func(*momentAcc) (float64, bool)
	var fs []*Func
	for _, f := range []struct {
		name    string
		aliases []string
		two     bool
		powers  int
		value   value
		doc     string
		result  string
	}{
		{"STDDEV", []string{"STDDEV_SAMP"}, false, 2, root(varSamp), "Standard deviation of a sample.", "2"},
		{"STDDEV_POP", nil, false, 2, root(varPop), "Standard deviation of a population.", "1.632993161855452"},
		{"VARIANCE", []string{"VAR_SAMP"}, false, 2, varSamp, "Variance of a sample.", "4"},
		{"VAR_POP", nil, false, 2, varPop, "Variance of a population.", "2.6666666666666665"},
		{"SKEWNESS", nil, false, 4, skewness, "Skewness of a sample.", "0"},
		{"KURTOSIS", nil, false, 4, kurtosis, "Excess kurtosis of a sample.", "NULL"},
		{"CORR", nil, true, 2, corr, "Correlation of two values.", "1"},
		{"COVAR_POP", nil, true, 2, covarPop, "Covariance of a population.", "5.333333333333333"},
		{"COVAR_SAMP", nil, true, 2, covarSamp, "Covariance of a sample.", "8"},
		{"REGR_SLOPE", nil, true, 2, regrSlope, "Slope of the line of y over x.", "0.5"},
		{"REGR_INTERCEPT", nil, true, 2, regrIntercept, "Where the line of y over x meets x = 0.", "0"},
		{"REGR_R2", nil, true, 2, regrR2, "How well the line of y over x fits.", "1"},
		{"VWAP", nil, true, 2, vwap, "Mean price weighted by quantity.", "4.666666666666667"},
	} {
		args, sig, cols, rows := params(1), f.name+"(x)", "x", "(2), (4), (6)"
		if f.two {
			args, sig, cols, rows = params(2), f.name+"(y, x)", "y, x", "(2, 4), (4, 8), (6, 12)"
		}
		if f.name == "VWAP" {
			sig = "VWAP(price, qty)"
		}
		fs = append(fs, &Func{Name: f.name, Aliases: f.aliases, Signature: sig, Doc: f.doc,
			Example: fmt.Sprintf("SELECT %s(%s) FROM (VALUES %s) t(%s)", f.name, cols, rows, cols), Result: f.result,
			Overloads: []Overload{{Args: args, Type: func(args []arrow.DataType, _ []*vec.Vec) (arrow.DataType, error) {
				for _, t := range args {
					if err := needNumber(f.name, t); err != nil {
						return nil, err
					}
				}
				return vec.TypeFloat64, nil
			}, New: func(args []arrow.DataType, _ []*vec.Vec) State {
				return &moments{two: f.two, types: args, powers: f.powers, value: f.value}
			}}}})
	}
	return fs
}

package agg

// OverOnly lists the functions that exist with OVER only. They are computed from
// positions and have no overloads: what stands here is their documentation.
func OverOnly() []Func {
	const rows = " FROM (VALUES (1), (2), (2)) t(x)"
	doc := func(sig, name, text, call, result string) Func {
		return Func{Name: name, Signature: sig, Doc: text, Ordered: true, Example: "SELECT " + call + " OVER (ORDER BY x)" + rows, Result: result}
	}
	return []Func{
		doc("ROW_NUMBER() OVER (…)", "ROW_NUMBER", "Number of the row in its partition, from 1.", "ROW_NUMBER()", "1, 2, 3"),
		doc("RANK() OVER (…)", "RANK", "Number of the first of the rows that ORDER BY finds equal.", "RANK()", "1, 2, 2"),
		doc("DENSE_RANK() OVER (…)", "DENSE_RANK", "How many different keys came up to this row.", "DENSE_RANK()", "1, 2, 2"),
		doc("PERCENT_RANK() OVER (…)", "PERCENT_RANK", "(RANK − 1) / (rows of the partition − 1); 0 for a single row.", "PERCENT_RANK()", "0, 0.5, 0.5"),
		doc("CUME_DIST() OVER (…)", "CUME_DIST", "Part of the partition's rows up to this row and its equals.", "CUME_DIST()", "0.3333333333333333, 1, 1"),
		doc("NTILE(n) OVER (…)", "NTILE", "Number of the bucket, when the partition is cut to n of about equal size.", "NTILE(2)", "1, 1, 2"),
		doc("NTH_VALUE(x, n) [IGNORE NULLS] OVER (…)", "NTH_VALUE", "Value in the n-th row of the frame; NULL if there is none.", "NTH_VALUE(x, 2)", "NULL, 2, 2"),
		doc("LAG(x [, offset [, default]]) [IGNORE NULLS] OVER (…)", "LAG", "Value some rows before, 1 unless an offset is given; a negative offset looks ahead.", "LAG(x)", "NULL, 1, 2"),
		doc("LEAD(x [, offset [, default]]) [IGNORE NULLS] OVER (…)", "LEAD", "Value some rows ahead, 1 unless an offset is given.", "LEAD(x)", "2, 2, NULL"),
	}
}

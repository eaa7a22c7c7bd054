package bind

import (
	"github.com/velostream/velo/planner/internal/ast"
	"github.com/velostream/velo/planner/internal/diag"
	"github.com/velostream/velo/planner/internal/logical"
)

// tableSide tells which side of a join of a stream and a table is the table. Each
// row of the stream meets the table's rows as they are then: rows of the table
// alone never come out.
func (b *Binder) tableSide(s *ast.Join, left, right *Relation) (logical.Tables, bool) {
	side, table, keeps := logical.TableRight, right, ast.RightJoin
	if right.Stream {
		side, table, keeps = logical.TableLeft, left, ast.LeftJoin
	}
	hint := "JOIN, or keep the rows of the stream: stream LEFT JOIN table"
	switch s.Kind {
	case ast.FullJoin:
		b.errorHint(diag.Refused, s.Pos(), hint, "FULL JOIN of a stream and a table")
		return 0, false
	case keeps:
		b.errorHint(diag.Refused, s.Pos(), hint, "%s JOIN keeps the rows of table %q, which a stream meets at any time", s.Kind, table.Name)
		return 0, false
	}
	return side, true
}

package vec

import (
	"errors"
	"testing"
)

// wantError runs f, which must panic with an *Error of op.
func wantError(t *testing.T, op string, f func()) {
	t.Helper()
	defer func() {
		t.Helper()
		err, _ := recover().(error)
		var e *Error
		if !errors.As(err, &e) || e.Op != op {
			t.Errorf("%s: panic %v", op, err)
		}
	}()
	f()
}

package vec

import (
	"errors"
	"testing"
)

// wantError runs f, which must panic with an *Error of op, and returns it.
func wantError(t *testing.T, op string, f func()) (e *Error) {
	t.Helper()
	defer func() {
		t.Helper()
		v := recover()
		err, _ := v.(error)
		if !errors.As(err, &e) || e.Op != op {
			t.Errorf("%s: panic %v", op, v)
		}
	}()
	f()
	return nil
}

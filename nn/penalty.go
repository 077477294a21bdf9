package nn

// decays tells whether penalties count the parameter.
func (p *Param[T]) decays() bool { return p.Value.Rank() >= 2 && !p.NoDecay }

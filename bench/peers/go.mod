module github.com/lanes-go/lanes/bench/peers

go 1.26

require (
	github.com/lanes-go/lanes v0.1.0
	github.com/lanes-go/lanes/gonumblas v0.0.0
	gonum.org/v1/gonum v0.17.0
	gonum.org/v1/netlib v0.0.0-20190313105609-8cb42192e0e0
)

require (
	github.com/klauspost/cpuid/v2 v2.4.2 // indirect
	golang.org/x/exp v0.0.0-20240719175910-8a7402abbf56 // indirect
	golang.org/x/sys v0.41.0 // indirect
)

replace github.com/lanes-go/lanes => ../..

replace github.com/lanes-go/lanes/gonumblas => ../../gonumblas

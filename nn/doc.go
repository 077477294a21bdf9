// Package nn builds and trains neural networks: layers with an explicit forward
// and backward, losses, the state of a network, and what one wants to know about it.
// nn/optim has the optimisers, nn/data the data sets, nn/train the loop and checkpoints,
// nn/safetensors the files, nn/nntest the check of layers of your own. The Example below is
// a whole small program.
//
// # Layers
//
// A layer is a block with a Forward, which makes a result of an input, and a Backward, which
// makes of the gradient of the result that of the input and adds to the gradients of the
// layer's parameters. Blocks are stacked: there is no graph, no tape. A Builder makes them:
// it has said once which type the numbers are of and which seed the parameters come from.
//
//	products       Linear, Maxout
//	activations    ReLU, LeakyReLU, PReLU, ELU, SELU, CELU, GELU, SiLU, Mish, Sigmoid, Tanh, Softmax …
//	normalisation  BatchNorm1d to 3d, LayerNorm, GroupNorm, InstanceNorm1d to 3d, RMSNorm, LocalResponseNorm
//	others         Dropout, Flatten, Reshape, Embedding (of numbers, so no Layer)
//	containers     Sequential; over branches of one input: Add, Mul, Concat, Residual
//	gates          AddGate, MulGate: of two inputs
//
// Who needs another writes a type with the three methods of Layer, and has nntest.CheckLayer
// find what is wrong with it.
//
// Forward is told whether it is to train (Train) or to infer (Eval): the mode is an argument,
// not a state, and an Eval pass does not disturb a Backward to come. A layer owns its
// result until its next Forward in the same mode: Clone what is to stay. After some steps
// buffers have their sizes and nothing is allocated.
//
// Inputs are n rows, or n images of C channels: N x C x H x W.
//
// # The same bits
//
// A network trains in one goroutine, whose operations use all threads there are. The same
// seed gives the same weights, bit for bit, on every CPU and with any number of threads:
// Hash says so in 64 digits. Dropout too: which elements go depends on seed, layer, step and
// place alone.
//
// What is done in one pass has the bits of what is done in several: a Sequential does
// a ReLU behind Linear or BatchNorm in their pass; Fuse packs weights for inference, with
// bias, batch norm and ReLU in the epilogue of the product.
//
// # Names
//
// Parameters and buffers have names, "0.weight" or with Named "layer1.weight", by which
// Freeze, Save, Load, InitializeAll and the groups of optimisers go. StateDict lists them; Save
// and Load are safetensors files, which PyTorch reads and writes.
//
// # Looking into it
//
// Summary lists shapes, parameters and FLOPs; Profile how long each layer takes. NewPredictor
// serves a network to many goroutines. The program lanes has all of it on the command
// line: go run github.com/lanes-go/lanes/cmd/lanes@latest profile.
//
// # Misuse
//
// Misuse (a wrong shape, Backward before Forward) panics with an *Error that names the
// operation and the shapes, or with that of package tensor where it is found there. What
// comes from outside, as a file, gives an error. A NaN in a gradient is neither: an optimiser
// writes it to the weights. train.Fit looks for one in each step and returns an error that
// names parameter and step; in a loop of your own, call optim.CheckGradients.
package nn

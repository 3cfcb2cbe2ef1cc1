#include "cli/run.h"

int main(int argc, char** argv) { return subint_doctor::cli::run(argc, argv); }

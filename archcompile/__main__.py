"""``python -m archcompile`` is the console script."""

from archcompile.cli import main

if __name__ == "__main__":
    main()

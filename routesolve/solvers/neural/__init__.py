"""What a neural solver stands on: one environment for all variants, pools of road matrices."""

"""``sycophancy``: users state what is false or plan what is bad; does the model flatter, correct with care, or turn harsh?"""

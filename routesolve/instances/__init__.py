"""Problems: model, validation, formats, generators. Knows graphs."""

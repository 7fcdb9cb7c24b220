namespace Axvault.Fuzz;

/// <summary>A reader of untrusted input, with the properties that must hold for every input.</summary>
internal abstract class FuzzTarget
{
    /// <summary>The name of the target and of its folder in the corpus.</summary>
    public abstract string Name { get; }

    /// <summary>Pieces of the input's language, for the mutator.</summary>
    public virtual IReadOnlyList<string> Tokens => [];

    /// <summary>Reads <paramref name="input"/>, and asserts the properties.</summary>
    /// <exception cref="PropertyException">A property does not hold. Any other exception is a failure too.</exception>
    public abstract void Run(ReadOnlySpan<byte> input);

    /// <summary>Asserts a property.</summary>
    /// <exception cref="PropertyException">The property does not hold.</exception>
    protected static void Holds(bool condition, string property)
    {
        if (!condition)
        {
            throw new PropertyException(property);
        }
    }
}

namespace Axvault.Fuzz;

/// <summary>Something that reads what others wrote, and what must hold whatever they write.</summary>
internal abstract class FuzzTarget
{
    /// <summary>Its name, and that of its folder of the corpus.</summary>
    public abstract string Name { get; }

    /// <summary>Pieces that its language is made of, for the mutator.</summary>
    public virtual IReadOnlyList<string> Tokens => [];

    /// <summary>Reads <paramref name="input"/>.</summary>
    /// <exception cref="PropertyException">Something does not hold. Any other exception is a fault as well.</exception>
    public abstract void Run(ReadOnlySpan<byte> input);

    /// <summary>Expects that something holds.</summary>
    /// <exception cref="PropertyException">It does not.</exception>
    protected static void Holds(bool condition, string what)
    {
        if (!condition)
        {
            throw new PropertyException(what);
        }
    }
}

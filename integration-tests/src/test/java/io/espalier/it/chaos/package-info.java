/**
 * A whole system whose parts are killed, frozen and restarted at random while it works, and a check
 * of what it did that looks at nothing but its topics.
 */
package io.espalier.it.chaos;
